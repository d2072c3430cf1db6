"""Draw docs/session.md from the table of states: `python -m tests.docs.session_page`."""

from __future__ import annotations

import sys
from pathlib import Path

from protocol.sync.states import OVER, TRANSITIONS, State

PAGE = Path(__file__).parents[2] / "docs" / "session.md"
HEAD = """# The states of a conversation

Drawn from `protocol/sync/states.py` by `python -m tests.docs.session_page`; a test compares. The rules stand at the
head of `protocol/sync/session.py`, the bytes in [`protocol/README.md`](../protocol/README.md). Each end goes through
its own states; an arrow is the frame that arrives. Whatever else arrives is out of turn: it is answered by `failed`,
and the conversation is over. So it is after whatever our own end refuses, in any state.
"""
ENDS = (
    ("edge", "Who dials: the annexe its prefecture, a standby its annexe"),
    ("centre", "Who answers: the prefecture, or the annexe that is followed"),
)


def page() -> str:
    """The page as the table says it today."""
    return HEAD + "".join(f"\n## {title}\n\n```mermaid\n{_diagram(role)}```\n" for role, title in ENDS)


def _diagram(role: str) -> str:
    arrows: dict[tuple[State, State], list[str]] = {}
    for (who, state, tag), following in TRANSITIONS.items():
        if who == role:
            arrows.setdefault((state, following), []).append(tag)
    lines = [f"    [*] --> {State.AWAIT_HELLO.value}"]
    lines += [f"    {state.value} --> {to.value}: {', '.join(tags)}" for (state, to), tags in arrows.items()]
    lines += [f"    {state.value} --> [*]" for state in OVER]
    return "\n".join(["stateDiagram-v2", *lines, ""])


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
