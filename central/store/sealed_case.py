"""A folded case as a row keeps it: sealed under the case's own key, bound to its place."""

from __future__ import annotations

import msgspec

from protocol.errors import PeerError
from protocol.office.casework import Case
from protocol.records.keys import subkey
from protocol.records.sealing import seal, unseal

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(Case).decode


class DamagedView(PeerError):
    """A row of a view does not hold what was put there; the records can be folded again."""

    kind = "damaged-view"


def seal_case(key: bytes, annexe: str, subject: bytes, case: Case) -> bytes:
    """The bytes of the column `case_views.sealed`."""
    return seal(subkey(key, "centre-view"), "centre-view", _place("case_views", annexe, subject), _encode(case))


def open_case(key: bytes, annexe: str, subject: bytes, sealed: bytes) -> Case:
    """The case; raises CannotOpen or DamagedView."""
    plain = unseal(subkey(key, "centre-view"), "centre-view", _place("case_views", annexe, subject), sealed)
    try:
        return _decode(plain)
    except msgspec.ValidationError as error:
        raise DamagedView("A case's row was written by another release: fold the records again.") from error


def seal_login(key: bytes, annexe: str, public: bytes, login: str) -> bytes:
    """The bytes of the column `agent_keys.sealed_login`; `key` is the office's."""
    return seal(subkey(key, "centre-view"), "centre-view", _place("agent_keys", annexe, public), login.encode())


def open_login(key: bytes, annexe: str, public: bytes, sealed: bytes) -> str:
    """The agent's login; raises CannotOpen."""
    return unseal(subkey(key, "centre-view"), "centre-view", _place("agent_keys", annexe, public), sealed).decode()


def _place(table: str, annexe: str, row: bytes) -> bytes:
    return f"{table}/{annexe}/".encode() + row
