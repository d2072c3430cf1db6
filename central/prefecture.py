"""What one server process works with: the centre, who is connected, the staff, the keys of papers, who listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from central.announcements import Announcements
from central.centre import Centre
from central.connections import Connections
from central.paper_keys import PaperKeys
from central.references import References
from central.revocation_file import RevocationFile
from central.staff import Staff


@dataclass(frozen=True, slots=True)
class Profile:
    """What the pages show of this prefecture."""

    id: str
    name_ar: str
    name_fr: str


@dataclass(frozen=True, slots=True)
class Prefecture:
    """Shared by every request of the server."""

    profile: Profile
    centre: Centre
    connections: Connections
    staff: Staff
    papers: PaperKeys
    revocations: RevocationFile
    references: References
    announcements: Announcements
    software: str

    @property
    def now(self) -> Callable[[], int]:
        """The clock, milliseconds."""
        return self.centre.now

    @property
    def entropy(self) -> Callable[[int], bytes]:
        """Where random bytes come from."""
        return self.centre.entropy
