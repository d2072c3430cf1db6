"""The one place where tests pair: a screen of each kind that an office knows, and the cookies of a browser that is all.

They are known as a standby knows what is paired at its own console: until the service ends, with nothing in the log.
"""

from __future__ import annotations

from edge.services.known_screens import screen_id, token_hash
from edge.services.office import SYSTEM, Office
from edge.services.pairing import KINDS
from edge.store.rows import ScreenView
from edge.web.paired import cookie_of
from protocol.office.events import ScreenKind


def secret_of(kind: ScreenKind) -> str:
    """What the tests' screen of a kind holds."""
    return f"the secret of the tests' {kind}".encode().hex()


def with_screens(office: Office) -> Office:
    """Let an office know a screen of each kind."""
    for kind in KINDS:
        hash_ = token_hash(secret_of(kind))
        office.screens.welcome(ScreenView(screen_id(hash_), kind, kind, hash_, SYSTEM, office.now()))
    return office


def held(language: str = "fr") -> dict[str, str]:
    """The cookies of a browser that is a screen of each kind, and reads this language."""
    return {"lang": language} | {cookie_of(kind): secret_of(kind) for kind in KINDS}
