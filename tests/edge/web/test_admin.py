"""The appliance's own page: how it goes, and never whom it is about."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from devices.modem import SimulatedModem
from edge.services import certificate, messages, status
from edge.services.office import Office
from edge.services.status import PUT_BACK_SHOWN_MS
from edge.store.confirmations import PREFECTURE, note
from edge.store.store import Transaction
from edge.store.tail import Owner, take_back
from protocol.office.events import CalendarPublished, CataloguePublished, CredentialPublished, Holiday, to_value
from protocol.records.chain import NO_PARENT, segment_opened
from protocol.records.clock import Timestamp
from protocol.records.credentials import Trust
from protocol.records.encoding import Value, encode
from protocol.records.envelope import write_record
from protocol.records.keys import SigningKey
from tests.edge.web import staff
from tests.edge.web.staff import PERSON, Desk, make_ready
from tests.edge.web.support import PROCEDURES, Clock
from tests.edge.web.test_admin_sticks import WRITER
from tests.protocol.sync.support import seed


@pytest.fixture
async def admin(office: Office) -> AsyncIterator[Desk]:
    """The page of Karim, who looks after the appliance."""
    await staff.hire(office)
    async with staff.at_work(office, "karim") as desk:
        yield desk


async def test_a_new_appliance_shows_its_log_and_devices_and_no_message(admin: Desk) -> None:
    page = await admin.read("/admin")
    assert "berkane-05/office" in page
    assert "staff.added" in page
    assert "Modem SMS" in page
    assert "Aucun message pour l’instant." in page
    assert "mulhaqa-edge verify-log" in page


async def test_a_message_is_shown_with_its_state_and_a_masked_number(admin: Desk, office: Office) -> None:
    await make_ready(office)
    page = await admin.read("/admin")
    assert re.search(r'data-message="B05-\w{5}-\w{5}:queued"', page)
    await messages.send_due(office)
    page = await admin.read("/admin")
    assert re.search(r'data-message="B05-\w{5}-\w{5}:sent"', page)
    assert "Ce que le modem simulé a envoyé" in page


async def test_the_page_names_nobody(admin: Desk, office: Office) -> None:
    await make_ready(office)
    await messages.send_due(office)
    page = await admin.read("/admin")
    for field in ("name_ar", "name_fr", "address", "phone"):
        assert PERSON[field] not in page
    assert "+212612345621" not in page
    assert "FA123456" not in page


async def test_a_modem_without_its_stick_says_so(admin: Desk, office: Office) -> None:
    assert isinstance(office.modem, SimulatedModem)
    office.modem.unplugged = True
    assert "absent" in await admin.read("/admin")


async def test_why_something_does_not_work_is_said_in_the_readers_language(office: Office) -> None:
    await staff.hire(office)
    await make_ready(office, phone="")
    async with staff.at_work(office, "karim", language="ar") as admin:
        page = await admin.read("/admin")
    assert "لا رقم هاتف محمول" in page
    assert "no mobile number" not in page
    assert "ختم الشهادات" in page
    assert "لا أختام لهذه الملحقة" in page


async def test_a_clerk_has_no_business_here(office: Office) -> None:
    await staff.hire(office)
    async with staff.at_work(office, "salma") as desk:
        answer = await desk.client.get("/admin", allow_redirects=False)
        assert answer.headers["Location"].startswith("/admin/sign-in")


async def test_a_branch_of_the_log_is_told_with_what_to_do_and_counted(admin: Desk, office: Office) -> None:
    assert 'id="branches"' not in await admin.read("/admin")
    assert "mulhaqa_edge_branches 0" in await admin.read("/metrics")
    async with office.store.reading() as reader:
        segments = await reader.rows("SELECT segment FROM segments WHERE stream = 'berkane-05/office'")
    assert len(segments) == 1
    signing = SigningKey(WRITER.encode())
    stray = write_record(
        stream="berkane-05/office", segment=b"stray..!", seq=0, prev=NO_PARENT, time=Timestamp(1_760_000_000_000, 0),
        event=segment_opened(parent=None, software="0.1.0", fingerprint="another", clock="trusted"), key=None,
        signing=signing,
    )  # fmt: skip
    await take_back(office.store, Owner("berkane-05", signing.public, 1), [stray], Trust([]), {})
    page = await admin.read("/admin")
    assert 'id="branches"' in page
    assert "semble être la copie" in page
    assert "mulhaqa_edge_branches 1" in await admin.read("/metrics")


async def test_a_prefecture_that_was_put_back_is_told_with_what_to_do_while_it_is_news(
    admin: Desk, office: Office, clock: Clock
) -> None:
    async def heard(tx: Transaction) -> Value:
        await note(tx, PREFECTURE, [], restored=True)
        return None

    assert 'id="put-back"' not in await admin.read("/admin")
    await office.store.perform(heard)
    page = await admin.read("/admin")
    assert "a été remise à un état antérieur" in page
    assert "Prévenez la préfecture" in page
    clock.ms += PUT_BACK_SHOWN_MS + 1
    assert (await status.summary(office)).put_back_ms is None


async def test_what_a_later_release_wrote_is_told_with_what_to_do(admin: Desk, office: Office) -> None:
    assert 'id="later"' not in await admin.read("/admin")
    document: dict[str, Value] = {**PROCEDURES[0], "version": 99, "a field of tomorrow": "?"}
    published = to_value(CataloguePublished(id=PROCEDURES[0]["id"], version=99, document=document))
    await _arrive(office, published, {**published, "another": "?"})
    page = await admin.read("/admin")
    assert "Une version plus récente a écrit ce que celle-ci ne sait pas lire." in page
    assert "<dt>Enregistrements</dt><dd>1</dd>" in page
    assert "<dt>Procédures affichées dans leur version précédente</dt><dd>1</dd>" in page


async def test_what_the_prefecture_published_and_cannot_be_is_told_with_what_to_do(admin: Desk, office: Office) -> None:
    assert 'id="flawed"' not in await admin.read("/admin")
    assert "mulhaqa_edge_flawed_records 0" in await admin.read("/metrics")
    no_day = Holiday(day="2027-13-45", name_ar="", name_fr="")
    no_credential = CredentialPublished(credential=encode([]))
    await _arrive(office, to_value(CalendarPublished(year=2027, holidays=[no_day])), to_value(no_credential))
    page = await admin.read("/admin")
    assert "La préfecture a publié ce qui ne peut pas être." in page
    assert "Pas une accréditation" in page
    assert f"all {b'prefect.'.hex()} 1" in page
    assert "mulhaqa_edge_flawed_records 2" in await admin.read("/metrics")


async def _arrive(office: Office, *events: dict[str, Value]) -> None:
    """The prefecture publishes something."""
    opened = segment_opened(parent=None, software="0.2.0", fingerprint="prefecture", clock="trusted")
    records, previous = [], NO_PARENT
    for seq, event in enumerate((opened, *events)):
        record = write_record(
            stream="all", segment=b"prefect.", seq=seq, prev=previous, time=Timestamp(1_000, seq), event=event,
            key=None, signing=SigningKey(seed("prefecture")),
        )  # fmt: skip
        records.append(record)
        previous = record.hash

    async def arrive(tx: Transaction) -> Value:
        for one in records:
            await tx.accept(one)
        return None

    await office.store.perform(arrive)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("", ""),
        (certificate.FAILED, "Le nouveau certificat n’a pas pu être fait"),
        (certificate.AUTHORITY_ENDS, "arrive bientôt à son terme"),
        (certificate.AUTHORITY_ENDED, "les navigateurs refusent les écrans"),
    ],
)
async def test_the_certificate_of_the_screens_is_shown_with_what_is_wrong_with_it(
    admin: Desk, office: Office, clock: Clock, wrong: str, said: str
) -> None:
    assert "à cette machine seulement" in await admin.read("/admin")
    office.certificate = lambda: certificate.CertificateState(
        names=("berkane-05.annexe.internal", "192.168.1.5"),
        until_ms=clock.ms,
        authority_until_ms=clock.ms,
        fingerprint="ab" * 32,
        root="cd" * 32,
        install="http://192.168.1.5/install",
        wrong=wrong,
    )
    page = await admin.read("/admin")
    for shown in ("192.168.1.5", ":".join(["AB"] * 32), ":".join(["CD"] * 32), "http://192.168.1.5/install", said):
        assert shown in page
    assert ('role="alert"' in page) is bool(wrong)
