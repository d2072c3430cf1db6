"""Errors, by who must act.

- `PersonError`: the person at the screen typed or asked something that cannot be done. Its message is a gettext
  msgid in English, marked with `N_`; the screen translates it and fills in the facts.
- `CallerError`: our own code called a function wrongly. Nobody at a screen can mend it.
- `PeerError`: bytes that came from elsewhere (a peer, a stick, a disk) are not what they claim to be.
- `OperatorError`: whoever runs the machine must act: a full disk, a missing key, a port that is taken.

Every message says what was wrong and what to do. No message ever holds a name, a CNIE, a phone number or a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Fact = str | int


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, do not translate yet"
    """Mark a msgid for extraction; it is translated where it is shown."""
    return message


class MulhaqaError(Exception):
    """The root of the house's errors."""


class PersonError(MulhaqaError):
    """What the person at the screen can mend.

    `message` is a msgid, `facts` fill its `%(name)s` places, `field` names the form field it is about (or None), and
    `status` is the HTTP status that fits (422 where the form is at fault, 404, 409, 403, 429 elsewhere).
    """

    def __init__(self, message: str, *, field: str | None = None, status: int = 422, **facts: Fact) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status
        self.facts: Mapping[str, Fact] = facts

    def __str__(self) -> str:
        return self.message % self.facts if self.facts else self.message


class PersonErrors(PersonError):
    """Several fields of one form are wrong at once; each error names its own field."""

    def __init__(self, errors: Sequence[PersonError]) -> None:
        if not errors:
            raise CallerError("PersonErrors needs at least one error")
        super().__init__(N_("Some answers need another look: they are marked below."), status=errors[0].status)
        self.errors = tuple(errors)


class CallerError(MulhaqaError):
    """Our own code broke a function's contract."""


class PeerError(MulhaqaError):
    """Bytes that arrived are not what they claim to be. `kind` is stable: vectors and metrics name it."""

    kind = "peer"


class OperatorError(MulhaqaError):
    """Whoever runs this machine must act; the message says how."""
