"""People, cases and events that were made up: for the dictionary, the demo, tests and measurements.

Everything is drawn from a seed; the same seed gives the same data for ever, byte for byte, since a published dictionary
rests on it. Names are combinations of common given and family names, streets exist in any town, card and phone numbers
are chance: whoever is found behind one of them is a coincidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Final

from protocol.office import references
from protocol.office.calendar import due_date
from protocol.office.decision import DecisionSheet, EnquiryLine, Identity, sheet_bytes
from protocol.office.events import (
    AccountOpened,
    AccountViewed,
    Actor,
    Applicant,
    CaseEvent,
    CertificateCollected,
    CertificateReady,
    CertificateSealed,
    DecisionTaken,
    DossierCompleted,
    EnquiryReported,
    Event,
    IdentityVerified,
    Language,
    MessageAttempted,
    MessageQueued,
    MessageSent,
    PieceSeen,
    RequestSubmitted,
    to_value,
)
from protocol.records.encoding import Value

GIVEN: Final = (
    ("Fatima", "فاطمة"), ("Mohamed", "محمد"), ("Khadija", "خديجة"), ("Youssef", "يوسف"), ("Aïcha", "عائشة"),
    ("Ahmed", "أحمد"), ("Zineb", "زينب"), ("Omar", "عمر"), ("Meryem", "مريم"), ("Hassan", "حسن"), ("Naïma", "نعيمة"),
    ("Abdelkader", "عبد القادر"), ("Salma", "سلمى"), ("Hamza", "حمزة"), ("Rachida", "رشيدة"), ("Mustapha", "مصطفى"),
    ("Hind", "هند"), ("Ilyas", "إلياس"), ("Souad", "سعاد"), ("Brahim", "إبراهيم"), ("Fatima Zahra", "فاطمة الزهراء"),
    ("Abderrahman", "عبد الرحمان"), ("Loubna", "لبنى"), ("Anas", "أنس"),
)  # fmt: skip
FAMILY: Final = (
    ("El Amrani", "العمراني"), ("Benali", "بنعلي"), ("El Idrissi", "الإدريسي"), ("Ouali", "والي"),
    ("Bouazza", "بوعزة"), ("El Mansouri", "المنصوري"), ("Chaoui", "الشاوي"), ("Tahiri", "الطاهري"),
    ("Berrada", "برادة"), ("Ziani", "الزياني"), ("Mimouni", "الميموني"), ("Haddad", "الحداد"),
    ("El Yaakoubi", "اليعقوبي"), ("Rahmani", "الرحماني"), ("Slimani", "السليماني"), ("Azzouzi", "العزوزي"),
    ("Kaddouri", "القدوري"), ("Bekkaoui", "البكاوي"), ("Lahlou", "لحلو"), ("Derkaoui", "الدرقاوي"),
)  # fmt: skip
STREETS: Final = (
    "rue Ibn Sina", "boulevard Mohammed V", "rue des Orangers", "avenue Hassan II", "rue Moulay Youssef",
    "lotissement Al Wahda", "rue de Fès", "quartier Al Massira", "rue Ibn Khaldoun", "lotissement Al Qods",
    "avenue des FAR", "rue Tarik Ibn Ziad",
)  # fmt: skip
QUARTERS: Final = ("Hay Salam", "Hay Hassani", "Hay Al Massira", "Centre", "Hay Bouhdila", "Hay Al Matar")
MOBILE: Final = ("661", "662", "667", "668", "650", "655", "670", "672", "610", "613")
"""First digits of Moroccan mobile numbers."""

PROCEDURES: Final = ("residence-autorite-locale", "attestation-fiances")
OCCUPATIONS: Final = ("proprietaire", "locataire", "heberge")
PURPOSES: Final = ("scolarite", "banque", "mariage", "passeport", "elections", "autre")
NOTES: Final = ("", "vu sur place", "connu du voisinage", "يسكن بالعنوان", "absent à la première visite")
REFUSAL: Final = "L’enquête n’a pas établi la résidence à l’adresse déclarée ; un recours est possible."
BASE45: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
FIRST_DAY_MS: Final = 1_767_225_600_000
"""1 January 2026: requests are spread over the year after it."""

DAY_MS: Final = 86_400_000

SYSTEM: Final = Actor(role="system", id="annexe", name="Mulhaqa", name_ar="ملحقة")
CLERK: Final = Actor(role="clerk", id="guichet-1", name="Samira Ouali", name_ar="سميرة والي")
AGENT: Final = Actor(role="authority", id="caid", name="Driss Mansouri", name_ar="إدريس المنصوري")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist; fields as in `events.Applicant`."""

    cnie: str
    name_fr: str
    name_ar: str
    phone: str
    birth_date: str
    address: str


def person(rng: Random) -> Person:
    """Make up one person of Berkane."""
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    born = date(1942, 1, 1) + timedelta(days=rng.randrange(24_000))
    return Person(
        cnie=f"FA{rng.randrange(1_000, 999_999)}",
        name_fr=f"{given[0]} {family[0]}",
        name_ar=f"{given[1]} {family[1]}",
        phone=f"+212{rng.choice(MOBILE)}{rng.randrange(1_000_000):06d}",
        birth_date=born.isoformat(),
        address=f"{rng.randrange(1, 200)}, {rng.choice(STREETS)}, {rng.choice(QUARTERS)}, Berkane",
    )


def people(seed: int, n: int) -> list[Person]:
    """Make up `n` people, no two with the same card."""
    rng = Random(seed)  # noqa: S311 - made-up data that must be the same for ever, not a secret
    found: dict[str, Person] = {}
    while len(found) < n:
        one = person(rng)
        found.setdefault(one.cnie, one)
    return list(found.values())


def events(seed: int, n: int) -> list[Event]:
    """Make up the first `n` events of an annexe: accounts, then requests up to the paper in the hand."""
    return list(islice(_years(Random(seed)), n))  # noqa: S311 - as above


def samples(seed: int, n: int) -> list[dict[str, Value]]:
    """`events`, as the maps that records seal."""
    return [to_value(event) for event in events(seed, n)]


def _years(rng: Random) -> Iterator[Event]:
    while True:
        one, account = person(rng), rng.randbytes(16)
        at_ms = FIRST_DAY_MS + rng.randrange(365) * DAY_MS + rng.randrange(9 * 3_600_000, 16 * 3_600_000)
        yield from _account(rng, one, account)
        for _ in range(rng.choice((1, 1, 1, 2))):
            yield from case(rng, one, account, at_ms)


def _account(rng: Random, one: Person, account: bytes) -> Iterator[Event]:
    assisted = rng.random() < 0.3
    yield AccountOpened(
        cnie=one.cnie,
        name_fr=one.name_fr,
        name_ar=one.name_ar,
        phone=one.phone,
        birth_date=one.birth_date,
        address=one.address,
        pin_hash=None if assisted else _pin_hash(rng),
        language=_language(rng),
        by=CLERK if assisted else _citizen(one, account),
        assisted=assisted,
        consent="law 09-08 notice, counter, spoken, 1" if assisted else "law 09-08 notice, kiosk, 1",
    )
    if assisted or rng.random() < 0.6:
        yield IdentityVerified(by=CLERK)
    if rng.random() < 0.5:
        yield AccountViewed(by=rng.choice((CLERK, AGENT)), reason="dossier")


def _citizen(one: Person, account: bytes) -> Actor:
    return Actor(role="citizen", id=account.hex(), name=one.name_fr, name_ar=one.name_ar)


def _language(rng: Random) -> Language:
    return "ar" if rng.random() < 0.8 else "fr"


def _pin_hash(rng: Random) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    salt, tag = ("".join(rng.choices(letters, k=size)) for size in (22, 43))
    return f"$argon2id$v=19$m=65536,t=3,p=4${salt}${tag}"


class _Pen:
    """Writes the events of one case: each follows the one before."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.heads: list[bytes] = []

    def next(self) -> list[bytes]:
        """The heads that the next event follows; what it will be named by is drawn at once."""
        heads, self.heads = self.heads, [self.rng.randbytes(32)]
        return heads


def case(rng: Random, one: Person, account: bytes, at_ms: int) -> Iterator[CaseEvent]:
    """Make up the events of one request, lawful from first to last; some requests are still on their way."""
    pen = _Pen(rng)
    asked = _submitted(pen, one, account, at_ms)
    yield asked
    if rng.random() < 0.1:
        return
    pieces = ["cnie", "facture", "domicile"] if asked.procedure == PROCEDURES[0] else ["cnie", "naissance"]
    yield DossierCompleted(
        follows=pen.next(),
        pieces=[PieceSeen(id=piece, provenance="shown") for piece in pieces],
        due=due_date(at_ms, 60).isoformat(),
        enquiry=True,
        by=CLERK,
    )
    enquiry = _enquiry(pen, at_ms)
    yield enquiry
    decision = _decision(pen, asked, enquiry, pieces, at_ms)
    yield decision
    if decision.outcome == "approved":
        yield from _granted(pen, asked)
    else:
        yield from _told(pen, "answered", asked.language)


def _submitted(pen: _Pen, one: Person, account: bytes, at_ms: int) -> RequestSubmitted:
    rng = pen.rng
    procedure = rng.choices(PROCEDURES, weights=(9, 1))[0]
    return RequestSubmitted(
        follows=pen.next(),
        account=account,
        reference=references.draw("B05", rng.randbytes),
        procedure=procedure,
        procedure_version=1,
        answers=_answers(rng, procedure),
        applicant=Applicant(
            cnie=one.cnie,
            name_fr=one.name_fr,
            name_ar=one.name_ar,
            phone=one.phone,
            birth_date=one.birth_date,
            address=one.address,
        ),
        language=_language(rng),
        due=due_date(at_ms, 60).isoformat(),
        by=_citizen(one, account),
    )


def _answers(rng: Random, procedure: str) -> dict[str, str]:
    if procedure == PROCEDURES[1]:
        other = person(rng)
        return {"fiance_ar": other.name_ar, "fiance_fr": other.name_fr, "situation": "celibataire"}
    since = f"{rng.randrange(1990, 2026)}-{rng.randrange(1, 13):02d}"
    return {"occupation": rng.choice(OCCUPATIONS), "depuis": since, "motif": rng.choice(PURPOSES)}


def _enquiry(pen: _Pen, at_ms: int) -> EnquiryReported:
    return EnquiryReported(
        follows=pen.next(),
        outcome="favourable" if pen.rng.random() < 0.9 else "unfavourable",
        by_title="moqaddem" if pen.rng.random() < 0.8 else "cheikh",
        on=due_date(at_ms, pen.rng.randrange(1, 6)).isoformat(),
        note=pen.rng.choice(NOTES),
        by=CLERK,
    )


def _decision(
    pen: _Pen, asked: RequestSubmitted, enquiry: EnquiryReported, pieces: list[str], at_ms: int
) -> DecisionTaken:
    rng, one, granted = pen.rng, asked.applicant, enquiry.outcome == "favourable"
    follows = pen.next()
    sheet = DecisionSheet(
        annexe="berkane-05",
        case=rng.randbytes(16),
        follows=follows,
        procedure=asked.procedure,
        procedure_version=asked.procedure_version,
        reference=asked.reference,
        identity=Identity(
            cnie=one.cnie,
            name_fr=one.name_fr,
            name_ar=one.name_ar,
            birth_date=one.birth_date,
            address=one.address,
        ),
        answers=asked.answers,
        pieces=pieces,
        enquiry=EnquiryLine(outcome=enquiry.outcome, by_title=enquiry.by_title, on=enquiry.on, note=enquiry.note),
        outcome="approved" if granted else "refused",
        reason_code="" if granted else "not_resident",
        reason_text="" if granted else REFUSAL,
        agent=AGENT.id,
        credential=rng.randbytes(16),
        claimed_ms=at_ms + 6 * DAY_MS,
    )
    return DecisionTaken(
        follows=follows,
        sheet=sheet_bytes(sheet),
        signature=rng.randbytes(64),
        signer=rng.randbytes(32),
        outcome=sheet.outcome,
        reason_code=sheet.reason_code,
        reason_text=sheet.reason_text,
        by=AGENT,
    )


def _granted(pen: _Pen, asked: RequestSubmitted) -> Iterator[CaseEvent]:
    rng = pen.rng
    yield CertificateSealed(
        follows=pen.next(),
        serial="".join(rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=16)),
        pdf_hash=rng.randbytes(32),
        blob=rng.randbytes(32),
        token="MLQ1:" + "".join(rng.choices(BASE45, k=520)),
        template="residence" if asked.procedure == PROCEDURES[0] else "attestation",
        by=SYSTEM,
    )
    yield CertificateReady(follows=pen.next(), printed=True, stamped=True, by=CLERK)
    yield from _told(pen, "ready", asked.language)
    if rng.random() < 0.8:
        yield CertificateCollected(follows=pen.next(), card_seen=True, by=CLERK)


def _told(pen: _Pen, template: str, language: Language) -> Iterator[CaseEvent]:
    message = "".join(pen.rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=26))
    parts = 2 if language == "ar" else 1
    yield MessageQueued(
        follows=pen.next(), message=message, template=template, language=language, part_count=parts, by=SYSTEM
    )
    yield MessageAttempted(follows=pen.next(), message=message, attempt=1, by=SYSTEM)
    yield MessageSent(follows=pen.next(), message=message, attempt=1, by=SYSTEM)
