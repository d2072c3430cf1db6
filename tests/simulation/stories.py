"""Stories: what happens to a card, a database or a backup, step by step, and what must have come of it.

`./mulhaqa simulate --story NAME` plays one and prints its steps. Beside what a story expects, everything that must hold
after a run must hold after it (`tests.simulation.invariants`): nothing that was confirmed is lost, nothing is double,
both ends fold each request to the same.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from protocol.sync.checkpoint import parse_checkpoint
from protocol.sync.frames import MAX_FRAME, blob, unpack
from protocol.sync.patience import SILENCE_S
from tests.simulation import succession
from tests.simulation.nodes import AnnexeMachine
from tests.simulation.stage import ANNEXE, Stage, Told
from tests.simulation.world import MEMORY

Story = Callable[[Stage], Awaitable[None]]


async def _opened(stage: Stage) -> AnnexeMachine:
    """An annexe that has worked and told the prefecture everything."""
    await stage.publish()
    stage.say("The prefecture publishes a procedure; the annexe opens and works.")
    appliance = await stage.machine("appliance")
    await stage.work_and_meet(appliance)
    stage.say("It has told the prefecture everything.")
    return appliance


async def _reported(stage: Stage, count: int, *machines: AnnexeMachine, one_machine: bool | None = None) -> None:
    """Both ends report as many branches; `one_machine`: whether they were written by one and the same hardware."""
    at_centre = await stage.branches_at_centre()
    stage.expect(len(at_centre) == count, f"the prefecture reports {count} branches of its streams")
    for machine in machines:
        here = await stage.branches(machine)
        stage.expect(sorted(here, key=repr) == sorted(at_centre, key=repr), f"{machine.name} reports the same")
    if one_machine is not None:
        alike = "one machine's restored card" if one_machine else "two machines"
        stage.expect(all(one.is_one_machine is one_machine for one in at_centre), f"it was {alike}")


async def cloned_card(stage: Stage) -> None:
    """A card is cloned into a second appliance; both work on, without each other and without a link."""
    original = await _opened(stage)
    clone = await stage.machine("clone", card=stage.copy(original))
    stage.say("Its card is cloned into a second appliance. Both work on without a link.")
    await stage.work(original)
    await stage.work(clone)
    await stage.meet(original)
    stage.say("The original meets the prefecture, then the clone, then the original once more.")
    await stage.meet(clone)
    await stage.meet(original)
    await _reported(stage, 2, original, clone, one_machine=False)


async def cloned_card_at_once(stage: Stage) -> None:
    """The same, and both are connected at once: each takes the other's place again and again.

    Whether their log parts is chance: one that has back what the other wrote before it writes continues it.
    """
    original = await _opened(stage)
    clone = await stage.machine("clone", card=stage.copy(original))
    stage.say("Its card is cloned into a second appliance. Both work on, both with a link.")
    await stage.plug_in(original)
    await stage.plug_in(clone)
    await stage.work(original)
    await stage.work(clone)
    await stage.unplug(original)
    await stage.unplug(clone)
    stage.say("Then each meets the prefecture alone.")
    await stage.meet(original)
    await stage.meet(clone)
    await stage.meet(original)
    at_centre = await stage.branches_at_centre()
    await _reported(stage, len(at_centre), original, clone, one_machine=False)


async def restored_annexe(stage: Stage) -> None:
    """An annexe's card is restored from a backup, and has a link before anyone writes: no branch at all."""
    appliance = await _opened(stage)
    backup = stage.copy(appliance)
    stage.say("A backup of the card is made; the annexe works on, and tells the prefecture.")
    await stage.work_and_meet(appliance)
    await stage.restore(appliance, backup)
    stage.say("The card dies; the backup is restored, and the link is there before anyone writes.")
    await stage.meet(appliance)
    stage.say("What the card had lost came back; the annexe works on.")
    await stage.work_and_meet(appliance)
    await _reported(stage, 0, appliance)


async def lost_question(stage: Stage) -> None:
    """The one frame in which a restored annexe asks for what it lacks is lost, and the line stays up: it asks again."""
    appliance = await _opened(stage)
    backup = stage.copy(appliance)
    await stage.work_and_meet(appliance)
    await stage.restore(appliance, backup)
    stage.say("A card is restored, and lacks what the prefecture holds of it.")
    lost = _lose_question(appliance, ANNEXE, f"{ANNEXE}/cases")
    stage.say("The frame in which it asks for that is lost; nothing else is, and the line stays up.")
    await stage.meet(appliance)
    stage.expect(len(lost) == 1, "the question was lost, and what it asked for came")
    await stage.work_and_meet(appliance)
    await _reported(stage, 0, appliance)


async def lost_question_of_prefecture(stage: Stage) -> None:
    """The same, of the prefecture, which asks for its feeds."""
    appliance = await _opened(stage)
    backup = stage.copy(stage.centre)
    await stage.publish()
    await stage.meet(appliance)
    await stage.restore_centre(backup)
    stage.say("The prefecture is restored, and lacks what it published; the annexe has nothing for it.")
    lost = _lose_question(appliance, "prefecture", "all")
    stage.say("The frame in which it asks the annexe for that is lost; nothing else is, and the line stays up.")
    await stage.plug_in(appliance)
    await asyncio.sleep(3 * SILENCE_S)
    stage.expect(len(lost) == 1, "the question was lost")
    await stage.publish()
    stage.expect(not await stage.feed_branches(), "it has back what it published, and goes on from there")
    await stage.rest(appliance)
    await stage.unplug(appliance)
    await _reported(stage, 0, appliance)


def _lose_question(machine: AnnexeMachine, asker: str, stream: str) -> list[bytes]:
    """Lose the first frame on a machine's line in which somebody asks for a stream of his own; what was lost."""
    lost: list[bytes] = []

    def asks_first(frame: bytes) -> bool:
        tag, fields = unpack(frame, max_size=MAX_FRAME)
        if lost or tag != "checkpoint":
            return False
        said = parse_checkpoint(blob(fields[0]))
        if said.acker == asker and said.names(stream):
            lost.append(frame)
        return bool(lost)

    machine.line.loses = asks_first
    return lost


async def restored_annexe_offline(stage: Stage) -> None:
    """The same, but the annexe writes before the link is there: a branch, kept and reported, and nothing lost."""
    appliance = await _opened(stage)
    backup = stage.copy(appliance)
    stage.say("A backup of the card is made; the annexe works on, and tells the prefecture.")
    await stage.work_and_meet(appliance)
    await stage.restore(appliance, backup)
    stage.say("The card dies; the backup is restored, and the annexe works before the link is there.")
    await stage.work_and_meet(appliance)
    await _reported(stage, 2, appliance, one_machine=True)


async def restored_prefecture(stage: Stage) -> None:
    """The prefecture's database is restored from a backup: the annexes bring back all that it lost."""
    appliance = await _opened(stage)
    backup = stage.copy(stage.centre)
    stage.say("A backup of the prefecture is made; it publishes more, and the annexe works and tells it.")
    await stage.publish()
    await stage.work_and_meet(appliance)
    await stage.restore_centre(backup)
    stage.say("The prefecture's disk dies; the backup is restored.")
    stage.expect(not await stage.may_publish(), "it publishes nothing before it has heard from an annexe")
    await stage.meet(appliance)
    stage.say("The annexe meets it; then it publishes again.")
    await stage.publish()
    await stage.work_and_meet(appliance)
    stage.expect(not await stage.feed_branches(), "its feed has no branch")
    await _reported(stage, 0, appliance)


async def restored_prefecture_unmarked(stage: Stage) -> None:
    """The same by a copy that nobody marked, and it publishes before it heard from anyone: its feed parts, visibly."""
    appliance = await _opened(stage)
    backup = stage.copy(stage.centre)
    stage.say("A disk of the prefecture is copied; it publishes more, and the annexe works and tells it.")
    await stage.publish()
    await stage.work_and_meet(appliance)
    await stage.restore(stage.centre, backup)
    stage.say("The copy is put back, and the prefecture publishes at once.")
    await stage.publish()
    await stage.meet(appliance)
    stage.expect(len(await stage.feed_branches()) == 1, "its feed has one branch")
    stage.expect(await stage.told_put_back() == (True, 1), "its page tells that it was put back, and that it parted")
    await stage.publish()
    await stage.meet(appliance)
    stage.expect(len(await stage.feed_branches()) == 1, "and no second one")
    await _reported(stage, 0, appliance)


async def both_restored(stage: Stage) -> None:
    """The annexe and the prefecture are both restored from backups of different days."""
    appliance = await _opened(stage)
    other = stage.copy(stage.centre)
    await stage.work_and_meet(appliance)
    backup = stage.copy(appliance)
    stage.say("The prefecture is backed up, a day later the annexe; both work on and publish.")
    await stage.publish()
    await stage.restore_centre(other)
    await stage.restore(appliance, backup)
    stage.say("Both are restored: the annexe holds more of its own work than the prefecture does.")
    await stage.meet(appliance)
    await stage.work(appliance)
    await stage.publish()
    await stage.meet(appliance)
    stage.expect(not await stage.feed_branches(), "the prefecture's feed has no branch")
    await _reported(stage, 0, appliance)


async def copied_while_running(stage: Stage) -> None:
    """The database is copied while the appliance writes, and the copy is put to work later, on the same machine."""
    appliance = await _opened(stage)
    await stage.work(appliance)
    copy = stage.copy(appliance)
    stage.say("The database is copied while the annexe works; it works on, and tells the prefecture.")
    await stage.work_and_meet(appliance)
    await stage.restore(appliance, copy)
    stage.say("The copy takes its place, and the annexe works before it has a link.")
    await stage.work_and_meet(appliance)
    await _reported(stage, 2, appliance, one_machine=True)


async def replaced_appliance(stage: Stage) -> None:
    """An empty appliance with the annexe's identity takes the place of one that burned, and continues its log."""
    burned = await _opened(stage)
    burned.cut()
    stage.say("The appliance burns. An empty one with the annexe's identity takes its place, with a link.")
    replaced = await stage.machine("replacement")
    await stage.meet(replaced)
    stage.say("All that the prefecture holds of the annexe came back; the office works on.")
    await stage.work_and_meet(replaced)
    await _reported(stage, 0, replaced)


STORIES: Mapping[str, Story] = {
    "cloned-card": cloned_card,
    "cloned-card-at-once": cloned_card_at_once,
    "restored-annexe": restored_annexe,
    "lost-question": lost_question,
    "lost-question-of-prefecture": lost_question_of_prefecture,
    "restored-annexe-offline": restored_annexe_offline,
    "restored-prefecture": restored_prefecture,
    "restored-prefecture-unmarked": restored_prefecture_unmarked,
    "both-restored": both_restored,
    "copied-while-running": copied_while_running,
    "replaced-appliance": replaced_appliance,
    "promoted-standby": succession.promoted_standby,
    "promoted-standby-apart": succession.promoted_standby_apart,
    "lost-appliance": succession.lost_appliance,
}


def tell(name: str, seed: int) -> Told:
    """Play a story."""
    folder = Path(tempfile.mkdtemp(prefix="mulhaqa-story-", dir=MEMORY))
    try:
        return Stage(seed, folder).play(STORIES[name])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
