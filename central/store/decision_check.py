"""What the prefecture finds when it checks an agent's signature on a decision sheet.

The key must be one that the annexe vouches for (`agent.key_enrolled` in its office stream), the signature must hold
over the sheet's bytes, and the sheet must say what the log says: this annexe, this case, this agent, this outcome, and
the dossier (person, who asks for him, answers, pieces, enquiry, heads) as the agent read it. A sheet decides once: a
signature that is taken back is worth nothing when somebody enters it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from protocol.errors import PeerError
from protocol.office.casework import Case, Decision
from protocol.office.decision import DecisionSheet, EnquiryLine, Identity, parse_sheet, verify_sheet
from protocol.office.events import DecisionTaken
from protocol.records.keys import key_id


class DecisionCheck(Enum):
    """The result, as it is stored in clear and shown beside the case."""

    NONE = "none"  # nothing is decided
    VERIFIED = "verified"
    UNKNOWN_KEY = "unknown-key"  # no key that the annexe vouches for (yet: the office's stream comes after the cases)
    BAD_SIGNATURE = "bad-signature"
    MISMATCH = "mismatch"  # the signature holds, over another decision than the log shows


def check_decision(
    annexe: str, subject: bytes, case: Case, logins: Mapping[bytes, str], taken: Sequence[DecisionTaken]
) -> DecisionCheck:
    """Check the decision that stands. `logins`: whose key each enrolled public key (32 bytes) is; `taken`: every
    decision that the case's log holds."""
    decision = case.decision
    if decision is None:
        return DecisionCheck.NONE
    found = _signed(decision, logins)
    if isinstance(found, DecisionCheck):
        return found
    sheet, login = found
    entered = [event.follows for event in taken if event.sheet == decision.sheet]
    agrees = (
        (sheet.annexe, sheet.case) == (annexe, subject)
        and [set(follows) for follows in entered] == [set(sheet.follows)]
        and _agrees(sheet, decision, login)
        and _is_dossier(sheet, case)
    )
    return DecisionCheck.VERIFIED if agrees else DecisionCheck.MISMATCH


def check_entered(annexe: str, subject: bytes, event: DecisionTaken, logins: Mapping[bytes, str]) -> DecisionCheck:
    """Check a decision as it was entered, whether it stands or not: its key, its signature, and that its sheet says
    what its record says. The dossier that it was read from is `check_decision`'s."""
    found = _signed(event, logins)
    if isinstance(found, DecisionCheck):
        return found
    sheet, login = found
    is_here = (sheet.annexe, sheet.case, set(sheet.follows)) == (annexe, subject, set(event.follows))
    return DecisionCheck.VERIFIED if is_here and _agrees(sheet, event, login) else DecisionCheck.MISMATCH


def _signed(
    decision: Decision | DecisionTaken, logins: Mapping[bytes, str]
) -> tuple[DecisionSheet, str] | DecisionCheck:
    """The sheet that was signed, and whose key signed it; or why neither can be believed."""
    login = logins.get(decision.signer)
    if login is None:
        return DecisionCheck.UNKNOWN_KEY
    try:
        verify_sheet(decision.sheet, decision.signer, decision.signature)
        return parse_sheet(decision.sheet), login
    except PeerError:
        return DecisionCheck.BAD_SIGNATURE


def _agrees(sheet: DecisionSheet, decision: Decision | DecisionTaken, login: str) -> bool:
    """Whether agent and answer are those of the log."""
    return (sheet.agent, sheet.credential, decision.by.id) == (login, key_id(decision.signer), login) and (
        (sheet.outcome, sheet.reason_code, sheet.reason_text)
        == (decision.outcome, decision.reason_code, decision.reason_text)
    )


def _is_dossier(sheet: DecisionSheet, case: Case) -> bool:
    """Whether the agent read the dossier that the log holds."""
    who, found = case.applicant, case.enquiry
    return (sheet.reference, sheet.procedure, sheet.procedure_version, sheet.answers, tuple(sheet.pieces)) == (
        case.reference,
        case.procedure,
        case.procedure_version,
        case.answers,
        case.pieces,
    ) and (tuple(sheet.scans), sheet.identity, sheet.represented_by, sheet.enquiry) == (
        case.scans_read,
        Identity(
            cnie=who.cnie,
            name_fr=who.name_fr,
            name_ar=who.name_ar,
            birth_date=who.birth_date,
            address=who.address,
            document=who.document,
        ),
        case.represented_by,
        found and EnquiryLine(outcome=found.outcome, by_title=found.by_title, on=found.on, note=found.note),
    )
