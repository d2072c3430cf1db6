"""The requests that sync is measured on: read from a file, or made up, one JSON document a line.

    {"id": UUID, "type": "request.submitted", "annexe", "at", "citizen": {"cnie", "name_fr", "name_ar", "phone",
     "birth_date", "address"}, "procedure", "answers": {NAME: TEXT}, "status": "submitted"}

What is made up here shares no generator with the samples of the records' compression dictionary
(`protocol.office.synthetic`): a dictionary measured on its own samples would flatter itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec

from launcher.progress import Refusal
from protocol.office import references
from protocol.office.calendar import due_date
from protocol.office.events import AccountOpened, Actor, Applicant, RequestSubmitted

SEED = 55_19
PROCEDURE = "residence-autorite-locale"

GIVEN = (
    ("Abdelilah", "عبد الإله"), ("Samia", "سامية"), ("Mounir", "منير"), ("Latifa", "لطيفة"), ("Jawad", "جواد"),
    ("Asmae", "أسماء"), ("Redouane", "رضوان"), ("Nadia", "نادية"), ("Tarik", "طارق"), ("Hanane", "حنان"),
    ("Said", "سعيد"), ("Karima", "كريمة"), ("Abdellah", "عبد الله"), ("Ghizlane", "غزلان"),
)  # fmt: skip
FAMILY = (
    ("Bouchikhi", "البوشيخي"), ("Hamdaoui", "الحمداوي"), ("Lakhdar", "لخضر"), ("Belhaj", "بلحاج"), ("Saidi", "السعيدي"),
    ("Guerraoui", "الكراوي"), ("Moussaoui", "الموساوي"), ("Talbi", "الطالبي"), ("Zerhouni", "الزرهوني"),
    ("Boutaleb", "بوطالب"), ("Fassi", "الفاسي"), ("Ghazi", "الغازي"),
)  # fmt: skip
STREETS = (
    "Rue de la Liberté", "Hay Ennahda", "Avenue de la Marche Verte", "Douar Oulad Amar", "Résidence Al Amal",
    "Rue du Marché", "Lotissement Annakhil", "Boulevard Zerktouni",
)  # fmt: skip
TOWNS = ("Berkane", "Saïdia", "Ahfir", "Aklim", "Cafemor", "Zegzel")
PURPOSES = (("Inscription à l'école", "التسجيل بالمدرسة"), ("Ouverture d'un compte", "فتح حساب"), ("Permis", "رخصة"))
OCCUPATIONS = ("propriétaire", "locataire", "hébergé chez sa famille")
WORDS = ("en", "face", "du", "café", "coin", "station", "hôpital", "porte", "bleue", "deuxième", "rue", "four", "place")
REMARKS = ("سيعود بعد الظهر", "ينقص توقيع", "الملف كامل", "له موعد")


class Citizen(msgspec.Struct, frozen=True):
    """Who asks; fields as in `protocol.office.parties.Applicant`."""

    cnie: str
    name_fr: str
    name_ar: str
    phone: str
    birth_date: str
    address: str


class Document(msgspec.Struct, frozen=True):
    """One line of the file; what else stands in it is not looked at."""

    id: UUID
    citizen: Citizen
    answers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests, and the lines that they were read from, without their ends."""

    lines: tuple[bytes, ...]
    documents: tuple[Document, ...]

    def citizens(self) -> list[Citizen]:
        """Everybody who asks, once each."""
        return list({one.citizen.cnie: one.citizen for one in self.documents}.values())


def workload(path: Path | None, count: int) -> Workload:
    """The first `count` requests of a file, or as many made-up ones; raises Refusal for a file that is none."""
    if path is None:
        lines = [_line(one) for one in made_up(count)]
    else:
        try:
            lines = path.read_bytes().splitlines()[:count]
        except OSError as error:
            raise Refusal(f"{path} cannot be read: {error.strerror}.") from error
    return Workload(tuple(lines), tuple(_documents(lines)))


def _documents(lines: Sequence[bytes]) -> Iterator[Document]:
    decode = msgspec.json.Decoder(Document).decode
    for number, line in enumerate(lines, start=1):
        try:
            yield decode(line)
        except msgspec.DecodeError as error:
            raise Refusal(f"Line {number} is no request: {error}. Each line is one JSON document.") from error
    if not lines:
        raise Refusal("There is no request in this file: each line is one JSON document.")


def made_up(count: int) -> Iterator[dict[str, object]]:
    """Requests of people who do not exist, no two with the same card; the same ones each time."""
    chance = Random(SEED)  # noqa: S311 - made-up data
    at = datetime(2026, 2, 2, 8, 30, tzinfo=UTC)
    for number in range(count):
        at += timedelta(seconds=chance.randint(5, 900), milliseconds=chance.randint(0, 999))
        given, family, purpose = chance.choice(GIVEN), chance.choice(FAMILY), chance.choice(PURPOSES)
        yield {
            "id": str(UUID(int=chance.getrandbits(128), version=4)),
            "type": "request.submitted",
            "annexe": "berkane-05",
            "at": at.isoformat(timespec="milliseconds"),
            "citizen": {
                "cnie": f"F{chance.choice('ABCDEFGH')}{number:06d}",
                "name_fr": f"{given[0]} {family[0]}",
                "name_ar": f"{given[1]} {family[1]}",
                "phone": f"+2126{chance.randrange(10**8):08d}",
                "birth_date": (date(1945, 1, 1) + timedelta(days=chance.randrange(23_000))).isoformat(),
                "address": f"{chance.randint(1, 300)} {chance.choice(STREETS)}, {chance.choice(TOWNS)}",
            },
            "procedure": "residence",
            "answers": {
                "motif": purpose[0],
                "motif_ar": purpose[1],
                "occupation": chance.choice(OCCUPATIONS),
                "depuis": f"{chance.randint(1980, 2025)}-{chance.randint(1, 12):02d}",
                "repere": " ".join(chance.choice(WORDS) for _ in range(chance.randint(8, 18))),
                "observation": f"{chance.choice(REMARKS)} {chance.randint(100, 99_999)}",
            },
            "status": "submitted",
        }


def _line(document: dict[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def account_opened(one: Citizen) -> AccountOpened:
    """The event that opens somebody's account, by himself, without a PIN of his own yet."""
    return AccountOpened(
        cnie=one.cnie,
        name_fr=one.name_fr,
        name_ar=one.name_ar,
        phone=one.phone,
        birth_date=one.birth_date,
        address=one.address,
        pin_hash=None,
        language="ar",
        by=Actor(role="citizen", id="kiosk", name=one.name_fr, name_ar=one.name_ar),
        assisted=False,
        consent="law 09-08 notice, kiosk, 1",
    )


def submitted(one: Document, account: bytes, chance: Random, now_ms: int) -> RequestSubmitted:
    """The event of a request: all that its document says, with a reference of its own."""
    who = one.citizen
    return RequestSubmitted(
        follows=[],
        account=account,
        reference=references.draw("B05", chance.randbytes),
        procedure=PROCEDURE,
        procedure_version=1,
        answers=one.answers,
        applicant=Applicant(who.cnie, who.name_fr, who.name_ar, who.phone, who.birth_date, who.address),
        language="ar",
        due=due_date(now_ms, 60).isoformat(),
        by=Actor(role="citizen", id=account.hex(), name=who.name_fr, name_ar=who.name_ar),
    )
