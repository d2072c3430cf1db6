"""The mirror as the administrator sees it: this machine's post, who follows whom, the second medium, what a failure
would lose."""

from __future__ import annotations

from dataclasses import dataclass

from edge.services.office import Office
from edge.store.post import Post
from edge.store.uplink import Lag
from edge.sync.follower import Following
from edge.sync.medium import MediumState
from edge.sync.mirror import MirrorState


@dataclass(frozen=True, slots=True)
class MirrorView:
    """`mirror` and `lag`: of a machine that can be followed; `lag` is None while no standby ever said what it holds.

    `following`: of one that follows another. `medium` and `medium_lag`: the same of its second medium, None where it
    has none, or never saw it.
    """

    post: Post
    mirror: MirrorState | None
    lag: Lag | None
    following: Following | None
    medium: MediumState | None = None
    medium_lag: Lag | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to tell: an annexe with one appliance, as most have."""
        return self.post is Post.ANNEXE and self.lag is None and self.following is None


async def view(office: Office) -> MirrorView:
    """Return how the mirror does at this moment."""
    mirror, follower, medium = office.mirror, office.follower, office.medium
    return MirrorView(
        post=office.store.post,
        mirror=None if mirror is None else mirror.state,
        lag=None if mirror is None else await mirror.lag(),
        following=None if follower is None else follower.status,
        medium=None if medium is None else medium.state,
        medium_lag=None if medium is None else await medium.lag(),
    )
