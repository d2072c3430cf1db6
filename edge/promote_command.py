"""`mulhaqa-edge promote`: the standby takes the place of the annexe's appliance (`edge.store.promotion`)."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from edge.opening import owner_of, trust_now
from edge.sole_writer import sole_writer
from edge.store.post import Post
from edge.store.promotion import Holding, holding, promote
from protocol.errors import OperatorError

PROMOTE = (
    "Let a standby take the place of its annexe's appliance, for good: from then on it writes in the annexe's name, "
    "and the other one is refused."
)


BUSY = "The standby is running, and its service alone may write: stop it first."


def promote_options(sub: argparse.ArgumentParser) -> None:
    """The options of `promote`."""
    sub.add_argument("--yes", action="store_true", help="do it; without this it only tells what the standby holds")
    sub.set_defaults(run=_promote)


async def _promote(chosen: argparse.Namespace) -> int:
    async with sole_writer(chosen.data, busy=BUSY) as (installation, store):
        annexe = installation.seed.annexe_id
        if store.post is Post.STANDBY:
            print(f"This standby of {annexe} holds {_words(await holding(store))}")
            if not chosen.yes:
                raise OperatorError(
                    "nothing was changed. Switch the annexe's appliance off, and see that it stays off; then type the "
                    "command again with --yes"
                )
        is_new = await promote(store, owner_of(installation), await trust_now(installation, store))
    print(f"This appliance is {annexe} {'from now on' if is_new else 'already'}: start it with mulhaqa-edge run.")
    return 0


def _words(held: Holding) -> str:
    if held.last_ms is None:
        return "nothing of the annexe's log: what the prefecture has comes back with the first link."
    last = datetime.fromtimestamp(held.last_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    return f"{held.records} records of the annexe, the last of {last} UTC. What was written after that is not here."
