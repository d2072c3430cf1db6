"""A procedure that changes while requests are open: published by the prefecture, taken in over the line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from central.catalogue_files import publish_catalogue, read_catalogue
from central.centre import Centre
from devices.modem import SimulatedModem
from edge.services import decisions, enquiries, pieces, requests, settling
from edge.services.announcer import Announcer
from edge.services.office import Office
from edge.services.passwords import Passwords
from edge.services.receipts import receipt_data
from edge.store.log import Identity
from edge.store.store import Store
from protocol.errors import OperatorError, PersonError, PersonErrors
from protocol.office.calendar import due_date
from protocol.office.casework import UNDO_MS, State
from protocol.office.catalogue import Bilingual, Procedure
from protocol.office.decision import parse_sheet
from protocol.records.keys import SigningKey
from tests.central.support import centre_in
from tests.edge.press.papers import chain
from tests.edge.services.support import CITIZEN, CLERK, PROFILE, Clock, StandInPress, account, authority, decided
from tests.edge.store.support import ANNEXE, Chance, vault_of
from tests.edge.sync.support import make_uplink, running, served
from tests.edge.web.support import entropy_from
from tests.protocol.sync.support import seed

V1 = next(one for one in read_catalogue() if one.id == "attestation-fiances")
V2 = msgspec.structs.replace(
    V1,
    version=2,
    name=Bilingual(ar="شهادة الخطوبة الجديدة", fr="Nouvelle attestation des fiancés"),
    pieces=V1.pieces[:1],
    fields=V1.fields[:2],
    deadline_days=30,
    field_enquiry=False,
    statement=Bilingual(ar="بأن الخطوبة معلنة", fr="que les fiançailles sont déclarées"),
    receipt=Bilingual(ar="وصل جديد", fr="Nouveau récépissé"),
)
ANSWERS = {"fiance_ar": "كريم العلوي", "fiance_fr": "Karim El Alaoui", "situation": "celibataire"}


class Scene:
    """A prefecture that publishes, and an annexe that is connected to it."""

    def __init__(self, centre: Centre, office: Office, clock: Clock, press: StandInPress) -> None:
        self.centre, self.office, self.clock, self.press = centre, office, clock, press

    async def publish(self, procedure: Procedure) -> None:
        """Publish, and wait until the annexe has it."""
        await publish_catalogue(self.centre, [procedure])
        await self.heard(procedure)

    async def heard(self, procedure: Procedure) -> None:
        committed = asyncio.Event()
        self.office.store.on_commit(lambda _: committed.set())
        async with asyncio.timeout(20):
            while await self.version(procedure.id, procedure.version) is None:
                await committed.wait()
                committed.clear()

    async def version(self, name: str, version: int) -> Procedure | None:
        async with self.office.store.reading() as reader:
            return await reader.procedure(name, version)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock, press, entropy = Clock(), StandInPress(), entropy_from("office")
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(centre_in(tmp_path / "centre"))
        line, _ = await stack.enter_async_context(served(centre))
        store = await Store.open(
            tmp_path / "annexe",
            identity=Identity(ANNEXE, SigningKey(seed(ANNEXE))),
            vault=vault_of(tmp_path / "annexe"),
            now=clock,
            entropy=Chance(),
            software="test",
            fingerprint="test",
        )
        stack.push_async_callback(store.close)
        await stack.enter_async_context(running(make_uplink(store, line)))
        office = Office(
            annexe=PROFILE,
            store=store,
            now=clock,
            entropy=entropy,
            announcer=Announcer(),
            press=press,
            modem=SimulatedModem(clock),
            passwords=Passwords(entropy),
            seals=chain().seals,
        )
        yield Scene(centre, office, clock, press)


async def completed_with(scene: Scene, case: bytes, procedure: Procedure) -> None:
    seen = [piece.id for piece in procedure.pieces]
    await pieces.complete(scene.office, scene.office.command(), case, seen, CLERK, card_seen=True)


async def granted(scene: Scene, case: bytes) -> None:
    agent = await authority(scene.office)
    await decided(scene.office, case, "approved", agent)
    scene.clock.ms += UNDO_MS + 1
    assert await settling.settle_decisions(scene.office) == 1


async def test_a_request_keeps_the_version_that_it_was_opened_under(scene: Scene) -> None:
    office = scene.office
    await scene.publish(V1)
    owner = await account(office)
    old = (await requests.submit(office, office.command(), owner, V1.id, ANSWERS, CITIZEN, "fr")).case

    await scene.publish(V2)
    newer = {key: ANSWERS[key] for key in ("fiance_ar", "fiance_fr")}
    new = (await requests.submit(office, office.command(), owner, V2.id, newer, CITIZEN, "fr")).case

    old_dossier, new_dossier = await requests.dossier(office, old), await requests.dossier(office, new)
    assert (old_dossier.procedure, new_dossier.procedure) == (V1, V2)
    assert old_dossier.case.due == due_date(scene.clock.ms, 60)
    assert new_dossier.case.due == due_date(scene.clock.ms, 30)

    old_receipt = receipt_data(office, old_dossier.case, old_dossier.procedure)
    new_receipt = receipt_data(office, new_dossier.case, new_dossier.procedure)
    assert (old_receipt.procedure, old_receipt.deadline_days, old_receipt.note) == (V1.name, 60, None)
    assert (new_receipt.procedure, new_receipt.deadline_days, new_receipt.note) == (V2.name, 30, V2.receipt)
    assert (len(old_receipt.pieces), len(new_receipt.pieces)) == (2, 1)

    with pytest.raises(PersonError, match="Tick each piece"):
        await completed_with(scene, old, V2)
    await completed_with(scene, old, V1)
    await completed_with(scene, new, V2)
    states = [(await requests.dossier(office, case)).case.state for case in (old, new)]
    assert states == [State.FIELD_ENQUIRY, State.UNDER_DECISION], "only the old version wants an enquiry"

    on = "2026-11-25"
    await enquiries.report(office, office.command(), old, "favourable", on, "", "moqaddem", CLERK)
    await granted(scene, old)
    await granted(scene, new)
    old_paper, new_paper = scene.press.papers
    assert (old_paper.title, old_paper.statement, len(old_paper.details)) == (V1.name, None, 3)
    assert (new_paper.title, new_paper.statement, len(new_paper.details)) == (V2.name, V2.statement, 2)


async def test_the_sheet_that_the_agent_signs_names_the_version_of_the_case(scene: Scene) -> None:
    office = scene.office
    await scene.publish(V1)
    case = (await requests.submit(office, office.command(), await account(office), V1.id, ANSWERS, CITIZEN, "fr")).case
    await scene.publish(V2)
    await completed_with(scene, case, V1)
    await enquiries.report(office, office.command(), case, "favourable", "2026-11-25", "", "moqaddem", CLERK)
    agent = await authority(office)
    sheet = await decisions.draw_sheet(office, case, agent.staff, "approved", "", "")
    assert parse_sheet(sheet).procedure_version == 1


async def test_a_form_begun_under_the_old_version_is_asked_anew(scene: Scene) -> None:
    await scene.publish(V1)
    owner = await account(scene.office)
    await scene.publish(V2)
    with pytest.raises(PersonErrors) as caught:
        await requests.submit(scene.office, scene.office.command(), owner, V1.id, ANSWERS, CITIZEN, "fr")
    assert [error.message for error in caught.value.errors] == [
        "This form has changed meanwhile. Please start it again."
    ]


async def test_a_text_that_was_changed_under_its_old_number_is_refused_and_reaches_nobody(scene: Scene) -> None:
    await scene.publish(V1)
    changed = msgspec.structs.replace(V1, deadline_days=30)
    with pytest.raises(OperatorError, match="raise its version"):
        await publish_catalogue(scene.centre, [changed])
    await scene.publish(V2)
    with pytest.raises(OperatorError, match="needs a higher one"):
        await publish_catalogue(scene.centre, [msgspec.structs.replace(V1, version=0)])
    assert await scene.version(V1.id, 1) == V1
