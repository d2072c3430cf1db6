"""The states of a conversation, as a table: what may arrive when, at either end. What is not here is out of turn.

`docs/session.md` is drawn from it by `python -m tests.docs.session_page`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from protocol.sync.hello import Role


class State(Enum):
    """Where the conversation stands."""

    AWAIT_HELLO = "await_hello"
    AWAIT_PROOF = "await_proof"
    OPEN = "open"
    CLOSED = "closed"
    FAILED = "failed"


TRANSITIONS: Final[Mapping[tuple[Role, State, str], State]] = {
    ("edge", State.AWAIT_HELLO, "welcome"): State.OPEN,
    ("edge", State.AWAIT_HELLO, "failed"): State.FAILED,
    ("edge", State.OPEN, "checkpoint"): State.OPEN,
    ("edge", State.OPEN, "batch"): State.OPEN,
    ("edge", State.OPEN, "bye"): State.CLOSED,
    ("edge", State.OPEN, "failed"): State.FAILED,
    ("centre", State.AWAIT_HELLO, "hello"): State.AWAIT_PROOF,
    ("centre", State.AWAIT_PROOF, "proof"): State.OPEN,
    ("centre", State.AWAIT_PROOF, "failed"): State.FAILED,
    ("centre", State.OPEN, "checkpoint"): State.OPEN,
    ("centre", State.OPEN, "batch"): State.OPEN,
    ("centre", State.OPEN, "progress"): State.OPEN,
    ("centre", State.OPEN, "bye"): State.CLOSED,
    ("centre", State.OPEN, "failed"): State.FAILED,
}
"""(our role, state, tag of the frame that arrives) -> next state."""

OVER: Final = (State.CLOSED, State.FAILED)
