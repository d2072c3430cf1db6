"""Invitations: what one device needs to become a screen of this annexe, once, within some minutes.

- Each has a *code* that a person types and a *token* that a QR code carries; either will do, and either spends it.
- A code is eight symbols of Crockford's base 32: the first two say which invitation is meant, the other six (30 bits)
  are its secret. So a wrong guess counts against the one that it is about, and five of them end that one alone.
- A token is 256 bits, which nobody guesses: it has no count, and works on while somebody plays with codes.
- Those that are made on a page live in memory. Those that are made at the appliance itself (`mulhaqa-edge screens
  pair`) lie as files in the data folder, for the service that shall honour them runs beside; they hold hashes alone.
  One for the same kind and name takes the place of the one before.
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from disk.durable import make_folder, write_durably
from protocol.errors import N_, PersonError
from protocol.office.events import Actor, ScreenKind
from protocol.records.hashing import digest

FOLDER: Final = "invitations"
"""Of the data folder: the invitations that were made at the appliance."""

SYMBOLS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that is read as something else."""

MEANT: Final = {ord("I"): "1", ord("L"): "1", ord("O"): "0"} | dict.fromkeys(map(ord, "- \u2013\u200e\u200f"), "")
"""What people type for a symbol, and between them."""

PLACE_SIZE: Final = 2
"""Symbols that say which invitation is meant: 1,024 places for the twenty that may be open."""

CODE_SIZE: Final = 8
TOKEN_BYTES: Final = 32

MINUTES: Final = 10
"""How long an invitation lives: time to walk from the supervisor's desk to the new screen."""

MOST_MINUTES: Final = 24 * 60
"""The longest that may be asked for at the appliance: a day on which a room is furnished."""

MOST_OPEN: Final = 20
"""Invitations open at once: more screens than an annexe has."""

MOST_TRIES: Final = 5
"""Wrong secrets for one code: a tired person's slips, and one chance in two hundred million for who guesses."""

GONE: Final = N_("This code is not known any more. Ask for another one: each works once, and for some minutes.")
WRONG: Final = N_("This is not the code. Look at it again, and type all eight signs.")
TOO_MANY: Final = N_("Enough screens wait to be paired. Pair those first, or cancel one.")


class Invitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of one: `place` is the beginning of its code, everything secret is hashed.

    `confirmed`: whoever made it stood at the appliance, so nobody has to confirm what appears.
    """

    id: str
    kind: ScreenKind
    name: str
    place: str
    code_hash: bytes
    token_hash: bytes
    until_ms: int
    by: Actor
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation with its secrets, which are shown to who made it."""

    invitation: Invitation
    code: str
    token: str


def draw(
    kind: ScreenKind, name: str, by: Actor, *, taken: Iterable[str], until_ms: int, entropy: Callable[[int], bytes],
    confirmed: bool = False,
) -> Invited:  # fmt: skip
    """Draw an invitation whose place is none of those `taken`."""
    avoided = set(taken)
    code = _code(entropy)
    while code[:PLACE_SIZE] in avoided:
        code = _code(entropy)
    token = base64.urlsafe_b64encode(entropy(TOKEN_BYTES)).rstrip(b"=").decode()
    made = Invitation(
        id=entropy(8).hex(),
        kind=kind,
        name=name,
        place=code[:PLACE_SIZE],
        code_hash=_hash("pairing code", code),
        token_hash=_hash("pairing token", token),
        until_ms=until_ms,
        by=by,
        confirmed=confirmed,
    )
    return Invited(made, f"{code[:4]}-{code[4:]}", token)


def _code(entropy: Callable[[int], bytes]) -> str:
    return "".join(SYMBOLS[byte % len(SYMBOLS)] for byte in entropy(CODE_SIZE))  # 256 is a multiple of 32: no bias


def read_code(typed: str) -> str:
    """Return the eight symbols that were meant; PersonError (422) for what is no code."""
    code = typed[:40].upper().translate(MEANT)
    if len(code) != CODE_SIZE or not set(code) <= set(SYMBOLS):
        raise PersonError(WRONG, field="code")
    return code


def fits_code(invitation: Invitation, code: str) -> bool:
    """Whether this is the code of an invitation."""
    return hmac.compare_digest(invitation.code_hash, _hash("pairing code", code))


def fits_token(invitation: Invitation, token: str) -> bool:
    """Whether this is the token of an invitation."""
    return hmac.compare_digest(invitation.token_hash, _hash("pairing token", token))


def _hash(what: str, text: str) -> bytes:
    return digest(what, text.encode())


def address(origin: str, invited: Invited, root: str = "") -> str:
    """Return what the QR code says: where to open the pairing page, the token, and the SHA-256 (hex) of the root that
    devices install: the certificate that it vouches for is another one with each address and season.

    All that is secret stands in the fragment, which browsers send to no server: it is in no log and no referrer.
    `root` is empty where the screens are served without TLS.
    """
    pinned = f";sha256={root}" if root else ""
    return f"{origin}/pair/{invited.invitation.kind}#{invited.token}{pinned}"


def put(data: Path, invitation: Invitation) -> None:
    """Leave an invitation in the data folder for the service, which owns it: root may have typed the command."""
    folder, owner = data / FOLDER, data.stat()
    make_folder(folder)
    file = _file(folder, invitation.id)
    write_durably(file, msgspec.json.encode(invitation))
    for made in (folder, file):
        os.chown(made, owner.st_uid, owner.st_gid)


def found(data: Path) -> list[Invitation]:
    """Return the invitations in the data folder. What cannot be read as one is passed over: it invites nobody."""
    read = []
    for path in sorted((data / FOLDER).glob("*.json"))[:MOST_OPEN]:
        try:
            read.append(msgspec.json.decode(path.read_bytes(), type=Invitation))
        except (OSError, msgspec.DecodeError):
            continue
    return read


def take_away(data: Path, invitation: Invitation) -> None:
    """Take an invitation out of the data folder: it is spent, or over."""
    _file(data / FOLDER, invitation.id).unlink(missing_ok=True)


def _file(folder: Path, identifier: str) -> Path:
    return folder / f"{identifier}.json"
