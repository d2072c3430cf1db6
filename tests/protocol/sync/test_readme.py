"""The specification names what the code has, and nothing less."""

from __future__ import annotations

from pathlib import Path

from protocol.errors import PeerError
from protocol.sync import checkpoint, refusals
from protocol.sync.frames import SHAPES
from protocol.sync.states import TRANSITIONS

README = (Path(checkpoint.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_every_frame_state_refusal_and_reason_is_specified() -> None:
    kinds = [one.kind for one in vars(refusals).values() if isinstance(one, type) and issubclass(one, PeerError)]
    reasons = [value for name, value in vars(checkpoint).items() if name.startswith("WHY_")]
    assert len(reasons) == 7
    for word in [*SHAPES, *reasons, *(kind for kind in kinds if kind != "peer")]:
        assert f"`{word}`" in README, word
    for _, state, _ in TRANSITIONS:
        assert f"| {state.value} |" in README
