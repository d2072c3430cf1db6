"""The states of a conversation, as a table: what may arrive when, at either end. What is not here is out of turn.

`docs/session.md` is drawn from it by `python -m tests.docs.session_page`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from protocol.sync.hello import DIALS, OTHER, Role


class State(Enum):
    """Where the conversation stands."""

    AWAIT_HELLO = "await_hello"
    AWAIT_PROOF = "await_proof"
    OPEN = "open"
    CLOSED = "closed"
    FAILED = "failed"


_TALKING: Final[Mapping[tuple[State, str], State]] = {
    (State.OPEN, "checkpoint"): State.OPEN,
    (State.OPEN, "batch"): State.OPEN,
    (State.OPEN, "boxed"): State.OPEN,
    (State.OPEN, "want"): State.OPEN,
    (State.OPEN, "chunk"): State.OPEN,
    (State.OPEN, "bye"): State.CLOSED,
    (State.OPEN, "failed"): State.FAILED,
}

_DIALLING: Final[Mapping[tuple[State, str], State]] = {
    (State.AWAIT_HELLO, "welcome"): State.OPEN,
    (State.AWAIT_HELLO, "failed"): State.FAILED,
    **_TALKING,
}

_ANSWERING: Final[Mapping[tuple[State, str], State]] = {
    (State.AWAIT_HELLO, "hello"): State.AWAIT_PROOF,
    (State.AWAIT_PROOF, "proof"): State.OPEN,
    (State.AWAIT_PROOF, "failed"): State.FAILED,
    **_TALKING,
}

TRANSITIONS: Final[Mapping[tuple[Role, State, str], State]] = {
    **{
        (role, *at): following
        for role in OTHER
        for at, following in (_DIALLING if role in DIALS else _ANSWERING).items()
    },
    ("centre", State.OPEN, "progress"): State.OPEN,
    ("standby", State.OPEN, "results"): State.OPEN,
    ("standby", State.OPEN, "given"): State.OPEN,
    ("primary", State.OPEN, "mark"): State.OPEN,
}
"""(our role, state, tag of the frame that arrives) -> next state."""

OVER: Final = (State.CLOSED, State.FAILED)
