"""What both printers share: what became of a paper, and the reasons that people can act on.

Rules that every printer keeps:

- `print` never raises for a printer's fault; it says what is *known* of the paper.
- NO_PAPER and UNREACHABLE mean that nothing was printed: asking again later is safe.
- UNKNOWN means that some of it may lie in the tray: a person looks before it is printed again.
- REFUSED is for good: this document will not be printed by this printer.
- No document is written to a log or a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NOT_ANSWERING = "does not answer"
OUT_OF_PAPER = "out of paper"
PAPER_LOW = "paper nearly out"
COVER_OPEN = "cover open"
STOPPED = "stopped"
BUSY = "busy"
NOT_CHECKED = "not checked yet"
"""The reasons in a printer's health, as stable phrases: the screens have words for each."""


class PrintOutcome(Enum):
    """What became of one paper, as far as the printer tells."""

    PRINTED = "printed"
    NO_PAPER = "no_paper"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PrintReport:
    """The outcome of one `print` and, when it is not PRINTED, a short technical reason without personal data."""

    outcome: PrintOutcome
    why: str = ""
