"""What the tests of the screens share: a clock, documents of a guide, and an office on a real store."""

from __future__ import annotations

import copy
import hashlib
import itertools
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher

from devices.modem import SimulatedModem
from edge.press.client import Press
from edge.services.announcer import Announcer
from edge.services.office import AnnexeProfile, Office
from edge.services.passwords import Passwords
from edge.store.feeds import accept
from edge.store.store import Identity, Store
from edge.store.vault import Vault
from protocol.office.events import CalendarPublished, CataloguePublished, Holiday, to_value
from protocol.records.chain import segment_opened
from protocol.records.clock import Timestamp
from protocol.records.credentials import Credential, Trust, issue
from protocol.records.envelope import write_record
from protocol.records.keys import SigningKey
from tests.edge.reencoding.stand_in import StandInReencoder
from tests.edge.web.paired import with_screens

Visitor = TestClient[Any, Any]
Post = Callable[..., Awaitable[Any]]

NOON = 1_795_600_000_000
"""A day of November 2026."""


def both(ar: str, fr: str) -> dict[str, str]:
    return {"ar": ar, "fr": fr}


RESIDENCE: dict[str, Any] = {
    "id": "residence-autorite-locale",
    "version": 1,
    "status": "active",
    "name": both("شهادة السكنى", "Certificat de résidence"),
    "summary": both("تثبت محل سكناك.", "Il atteste où vous habitez."),
    "sources": ["https://example.org"],
    "verified_on": "2026-09-01",
    "deadline_days": 60,
    "validity_months": 3,
    "decided_by": "authority",
    "field_enquiry": True,
    "template": "residence",
    "keywords": ["domicile", "سكن"],
    "pieces": [
        {
            "id": "cnie",
            "label": both("البطاقة الوطنية للتعريف", "Carte nationale (CNIE), l’original"),
            "needs": "original_shown",
        },
        {
            "id": "bill",
            "label": both(
                "فاتورة الماء أو الكهرباء أو الهاتف", "Une facture d’eau, d’électricité ou de téléphone fixe"
            ),
            "needs": "original_shown",
        },
    ],
    "fields": [
        {
            "id": "since",
            "kind": "month",
            "label": both("منذ متى تسكن بهذا العنوان؟", "Depuis quand habitez-vous à cette adresse ?"),
        },
        {
            "id": "title",
            "kind": "choice",
            "label": both("ما صفتك في السكن؟", "À quel titre y habitez-vous ?"),
            "choices": [
                {"id": "owner", "label": both("مالك", "Propriétaire")},
                {"id": "tenant", "label": both("مكتر", "Locataire")},
                {"id": "hosted", "label": both("مستضاف", "Hébergé")},
            ],
        },
        {
            "id": "use",
            "kind": "text",
            "label": both("لأي غرض؟", "Pour quel usage ?"),
            "required": False,
            "max_length": 120,
        },
    ],
}
POLICE: dict[str, Any] = {
    "id": "residence-police",
    "version": 1,
    "status": "elsewhere",
    "name": both("شهادة السكنى المسلمة من الشرطة", "Certificat de résidence (police)"),
    "summary": both("للبطاقة الوطنية.", "Pour la CNIE."),
    "sources": ["https://example.org"],
    "verified_on": "2026-09-01",
    "fee": both("20 درهما", "20 DH"),
    "instead": both(
        "توجه إلى دائرة الشرطة التابعة لمحل سكناك.", "Allez à l’arrondissement de police de votre domicile."
    ),
}
ABOLISHED: dict[str, Any] = {
    "id": "vie-individuelle",
    "version": 1,
    "status": "abolished",
    "name": both("شهادة الحياة الفردية", "Certificat de vie individuelle"),
    "summary": both("ألغيت سنة 2021.", "Supprimé en 2021."),
    "sources": ["https://example.org"],
    "verified_on": "2026-09-01",
    "instead": both("يكفي تصريح بالشرف.", "Une déclaration sur l’honneur suffit."),
    "declarations": [
        {
            "id": "vie",
            "title": both("تصريح بالشرف بالحياة", "Déclaration sur l’honneur de vie"),
            "text": both("أصرح بشرفي أنني على قيد الحياة.", "Je déclare sur l’honneur être en vie."),
            "lines": [both("اسم الشاهد", "Nom du témoin")],
        }
    ],
}
PROCEDURES = (RESIDENCE, POLICE, ABOLISHED)


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.ms = NOON

    def __call__(self) -> int:
        return self.ms


def entropy_from(seed: str) -> Callable[[int], bytes]:
    counter = itertools.count()
    return lambda size: hashlib.shake_256(f"{seed}/{next(counter)}".encode()).digest(size)


def root_of(signing: SigningKey) -> Credential:
    return issue(
        kind="root",
        holder="prefecture",
        public=signing.public,
        sealing=None,
        area="ma",
        rights=(),
        role="",
        epoch=1,
        not_before=0,
        not_after=NOON * 2,
        signing=signing,
    )


def bill_stays() -> dict[str, Any]:
    """The residence certificate, of whose pieces the bill stays in the dossier: it may be scanned."""
    document: dict[str, Any] = copy.deepcopy(RESIDENCE)
    document["pieces"][1]["needs"] = "left"
    return document


async def publish(store: Store, documents: tuple[dict[str, Any], ...]) -> None:
    events = [to_value(CataloguePublished(id=each["id"], version=1, document=each)) for each in documents]
    records, trust = feed_of(events)
    await accept(store, "berkane-05", records, trust)


def feed_of(
    events: Sequence[dict[str, Any]], segment: bytes = b"segment1", at_ms: int = NOON
) -> tuple[list[bytes], Trust]:
    """What the prefecture's writer makes of `events` at `at_ms`, after the segment's opening; and who trusts it."""
    signing = SigningKey(b"r" * 32)
    records, previous = [], b"\0" * 32
    opening = segment_opened(parent=None, software="test", fingerprint="test", clock="trusted")
    for seq, event in enumerate([opening, *events]):
        record = write_record(
            stream="all",
            segment=segment,
            seq=seq,
            prev=previous,
            time=Timestamp(at_ms, seq),
            event=event,
            key=None,
            signing=signing,
        )
        records.append(record.encoded())
        previous = record.hash
    return records, Trust([root_of(signing)])


async def publish_holidays(store: Store, *calendars: list[Holiday]) -> None:
    """Publish calendars of 2027, each in the place of the one before, as the prefecture does."""
    signing = SigningKey(b"c" * 32)
    events = [segment_opened(parent=None, software="test", fingerprint="test", clock="trusted")]
    events += [to_value(CalendarPublished(year=2027, holidays=holidays)) for holidays in calendars]
    records, previous = [], b"\0" * 32
    for seq, event in enumerate(events):
        record = write_record(
            stream="to/berkane-05", segment=b"calendar", seq=seq, prev=previous, time=Timestamp(NOON, seq),
            event=event, key=None, signing=signing,
        )  # fmt: skip
        records.append(record.encoded())
        previous = record.hash
    await accept(store, "berkane-05", records, Trust([root_of(signing)]))


async def open_office(folder: Path, clock: Clock, documents: tuple[dict[str, Any], ...] = PROCEDURES) -> Office:
    """An office whose guide was published as the prefecture publishes it."""
    entropy = entropy_from("office")
    store = await Store.open(
        folder,
        identity=Identity("berkane-05", SigningKey(b"a" * 32)),
        vault=Vault.create(folder, entropy),
        now=clock,
        entropy=entropy,
        software="test",
        fingerprint="test",
    )
    await publish(store, documents)
    profile = AnnexeProfile(
        id="berkane-05",
        prefix="B05",
        name_ar="الملحقة الإدارية الخامسة",
        name_fr="5e annexe administrative",
        town_ar="بركان",
        town_fr="Berkane",
        province_ar="إقليم بركان",
        province_fr="Province de Berkane",
        origin="http://localhost:8080",
        verify_url="http://localhost:8090/verify",
    )
    office = Office(
        annexe=profile,
        store=store,
        now=clock,
        entropy=entropy,
        announcer=Announcer(),
        press=Press.start(),
        reencoder=StandInReencoder(),
        modem=SimulatedModem(clock),
        passwords=Passwords(entropy, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)),
    )
    return with_screens(office)


PERSON = {
    "cnie": "fa 123456",
    "name_ar": "فاطمة الزهراء بنعلي",
    "name_fr": "Fatima Zahra Benali",
    "birth_date": "12/03/1987",
    "address": "12 rue des Orangers, Hay Essalam, Berkane",
    "phone": "0612345621",
}
PIN = "135790"


async def open_account(post: Post, pin: str = PIN, **changes: str) -> Any:
    """Answer every question of opening an account, in their order; return the last response."""
    person = PERSON | changes
    root = "/kiosk/account/new"
    await post(f"{root}/notice", consent="yes")
    await post(f"{root}/card", cnie=person["cnie"])
    await post(f"{root}/name", name_ar=person["name_ar"], name_fr=person["name_fr"])
    await post(f"{root}/birth", birth_date=person["birth_date"])
    await post(f"{root}/address", address=person["address"])
    await post(f"{root}/phone", phone=person["phone"])
    return await post(f"{root}/pin", pin=pin, pin_again=pin)


async def ask_for_residence(post: Post) -> Any:
    """Answer the questions of the residence certificate and send; return the redirect to the receipt."""
    root = "/kiosk/request/residence-autorite-locale"
    await post(f"{root}/questions/since", since="9/2021")
    await post(f"{root}/questions/title", title="tenant")
    await post(f"{root}/questions/use", use="")
    return await post(f"{root}/check")
