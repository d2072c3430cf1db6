"""Stories of an annexe with two appliances: one follows the other, takes its place, and the other comes back or not."""

from __future__ import annotations

from tests.simulation.backups import records_of
from tests.simulation.nodes import AnnexeMachine
from tests.simulation.stage import Stage


async def _followed(stage: Stage) -> tuple[AnnexeMachine, AnnexeMachine]:
    """An annexe that has worked and told the prefecture everything, and its standby, which holds all of it."""
    await stage.publish()
    appliance = await stage.machine("appliance")
    await stage.work(appliance)
    standby = await stage.standby("standby", appliance)
    await stage.meet(appliance)
    await stage.in_step(appliance)
    stage.say("An annexe works and tells the prefecture; its standby follows it on the LAN and holds everything.")
    stage.expect(not await stage.may_write(standby), "the standby writes nothing")
    return appliance, standby


async def _separated(stage: Stage) -> tuple[AnnexeMachine, AnnexeMachine]:
    """The same, and then the appliance worked on alone before it was switched off; the standby was promoted."""
    appliance, standby = await _followed(stage)
    assert standby.lan is not None
    standby.lan.take_down()
    await stage.work(appliance)
    appliance.cut()
    stage.say("The LAN breaks; the appliance works on, without a link to anybody, and loses its power.")
    stage.expect(await standby.promote(), "the standby is promoted")
    stage.expect(not await standby.promote(), "and only once")
    await standby.start()
    await stage.work(standby)
    await stage.meet(standby)
    stage.say("The standby serves in its place, and meets the prefecture.")
    stage.expect(await stage.epochs() == [2, 1], "the prefecture knows that the second epoch is in force")
    return appliance, standby


async def _all_meet(stage: Stage, appliance: AnnexeMachine, standby: AnnexeMachine) -> None:
    for machine in (appliance, standby, appliance):
        await stage.meet(machine)
    stage.say("Both meet the prefecture.")
    branches = await stage.branches_at_centre()
    stage.expect(len(branches) == 2, "the prefecture reports 2 branches of its streams")
    stage.expect(all(one.is_succession for one in branches), "of a standby that took over")
    for machine in (appliance, standby):
        here = await stage.branches(machine)
        stage.expect(sorted(here, key=repr) == sorted(branches, key=repr), f"{machine.name} reports the same")
    stage.expect(await stage.superseded() > 0, "what the old appliance alone had is flagged")


async def promoted_standby(stage: Stage) -> None:
    """A standby is promoted; the old appliance comes back to the LAN, is told there, and gives what it alone had."""
    appliance, standby = await _separated(stage)
    assert standby.lan is not None
    await appliance.start()
    standby.lan.is_up = True
    await stage.in_step(appliance)
    stage.say("The old appliance comes back. The promoted one dials it, as it did before, and takes what it alone had.")
    stage.expect(not await stage.may_write(appliance), "the old appliance writes nothing any more")
    appliance.cut()
    await appliance.start()
    stage.expect(not await stage.may_write(appliance), "nor after another start")
    standby.cut()
    await standby.start()
    stage.expect(await stage.may_write(standby), "the promoted one does, after a start as before")
    await stage.work(standby)
    await _all_meet(stage, appliance, standby)


async def promoted_standby_apart(stage: Stage) -> None:
    """The same, but the two never meet: the prefecture tells the old appliance."""
    appliance, standby = await _separated(stage)
    await appliance.start()
    await stage.work(appliance)
    stage.say("The old appliance comes back elsewhere, and works on: nobody has told it.")
    await stage.plug_in(standby)
    await stage.rest(standby)
    await stage.meet(appliance)
    stage.say("It meets the prefecture, while the promoted one is connected there.")
    stage.expect(not await stage.may_write(appliance), "the old appliance writes nothing any more")
    await stage.work(standby)
    await stage.rest(standby)
    stage.expect(records_of(appliance) <= records_of(standby), "the promoted one has back what the old one alone had")
    await stage.plug_in(appliance)
    for _ in range(2):
        await stage.work(standby)
        await stage.rest(standby)
        await stage.rest(appliance)
        stage.expect(records_of(standby) <= records_of(appliance), "the old one, while connected, hears what is new")
    await stage.unplug(appliance)
    await stage.unplug(standby)
    await _all_meet(stage, appliance, standby)


async def lost_appliance(stage: Stage) -> None:
    """An appliance burns at the very moment at which it has confirmed something: its standby has that too."""
    appliance, standby = await _followed(stage)
    await stage.work(appliance)
    stage.expect(await stage.may_write(appliance), "something is confirmed")
    appliance.cut()
    stage.say("At that moment the appliance burns, for good.")
    stage.expect(await standby.promote(), "the standby is promoted")
    await standby.start()
    await stage.work(standby)
    await stage.meet(standby)
    stage.say("The standby serves in its place, and meets the prefecture.")
    stage.expect(await stage.branches_at_centre() == [], "there is no branch")
    stage.expect(await stage.superseded() == 0, "and nothing that came too late")
