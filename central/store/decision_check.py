"""What the prefecture finds when it checks an agent's signature on a decision sheet.

The key must be one that the annexe vouches for (`agent.key_enrolled` in its office stream), the signature must hold
over the sheet's bytes, and the sheet must say what the event in the log says: this annexe, this case, this agent, this
outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from protocol.errors import PeerError
from protocol.office.casework import Case
from protocol.office.decision import DecisionSheet, parse_sheet, verify_sheet


class DecisionCheck(Enum):
    """The result, as it is stored in clear and shown beside the case."""

    NONE = "none"  # nothing is decided
    VERIFIED = "verified"
    UNKNOWN_KEY = "unknown-key"  # no key that the annexe vouches for (yet: the office's stream comes after the cases)
    BAD_SIGNATURE = "bad-signature"
    MISMATCH = "mismatch"  # the signature holds, over another decision than the log shows


def check_decision(annexe: str, subject: bytes, case: Case, logins: Mapping[bytes, str]) -> DecisionCheck:
    """Check the decision that stands. `logins`: whose key each enrolled public key (32 bytes) is."""
    decision = case.decision
    if decision is None:
        return DecisionCheck.NONE
    login = logins.get(decision.signer)
    if login is None:
        return DecisionCheck.UNKNOWN_KEY
    try:
        verify_sheet(decision.sheet, decision.signer, decision.signature)
        sheet = parse_sheet(decision.sheet)
    except PeerError:
        return DecisionCheck.BAD_SIGNATURE
    return DecisionCheck.VERIFIED if _agrees(sheet, annexe, subject, case, login) else DecisionCheck.MISMATCH


def _agrees(sheet: DecisionSheet, annexe: str, subject: bytes, case: Case, login: str) -> bool:
    decision = case.decision
    return decision is not None and (
        (sheet.annexe, sheet.case, sheet.agent, sheet.reference, sheet.procedure, sheet.procedure_version)
        == (annexe, subject, login, case.reference, case.procedure, case.procedure_version)
        and (sheet.outcome, sheet.reason_code, sheet.reason_text)
        == (decision.outcome, decision.reason_code, decision.reason_text)
        and sheet.identity.cnie == case.applicant.cnie
        and login == decision.by.id
    )
