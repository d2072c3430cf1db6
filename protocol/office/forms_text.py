"""Requests as people fill them in, with much free text: for the samples of the records' compression dictionary.

`protocol.office.synthetic` draws what a process needs; its few words taught the first dictionary little of what people
write themselves. Here are the words that stand on the forms of any annexe: given and family names as the civil register
spells them, kinds of streets, landmarks that a moqaddem is told, what a certificate is for. All of it is common, and
combined by chance: whoever is found behind a combination is a coincidence. The same seed gives the same data for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Final

from protocol.office import references
from protocol.office.calendar import due_date
from protocol.office.events import AccountOpened, Actor, Applicant, Event, RequestSubmitted

GIVEN: Final = (
    ("Mohamed", "محمد"), ("Ahmed", "أحمد"), ("Youssef", "يوسف"), ("Hassan", "حسن"), ("Hussein", "حسين"),
    ("Ali", "علي"), ("Omar", "عمر"), ("Khalid", "خالد"), ("Rachid", "رشيد"), ("Said", "سعيد"),
    ("Abdellah", "عبد الله"), ("Driss", "إدريس"), ("Mustapha", "مصطفى"), ("Abdelkader", "عبد القادر"),
    ("Abderrahim", "عبد الرحيم"), ("Abdelaziz", "عبد العزيز"), ("Hicham", "هشام"), ("Karim", "كريم"),
    ("Mimoun", "ميمون"), ("Brahim", "إبراهيم"), ("Noureddine", "نور الدين"), ("Jamal", "جمال"), ("Anas", "أنس"),
    ("Ayoub", "أيوب"), ("Hamza", "حمزة"), ("Zakaria", "زكرياء"), ("Othmane", "عثمان"), ("Ismail", "إسماعيل"),
    ("Fatima", "فاطمة"), ("Fatima Zahra", "فاطمة الزهراء"), ("Khadija", "خديجة"), ("Aïcha", "عائشة"),
    ("Zineb", "زينب"), ("Meryem", "مريم"), ("Naïma", "نعيمة"), ("Malika", "مليكة"), ("Latifa", "لطيفة"),
    ("Samira", "سميرة"), ("Nadia", "نادية"), ("Hafida", "حفيظة"), ("Saïda", "سعيدة"), ("Rachida", "رشيدة"),
    ("Loubna", "لبنى"), ("Salma", "سلمى"), ("Imane", "إيمان"), ("Ikram", "إكرام"), ("Hanane", "حنان"),
    ("Asmae", "أسماء"), ("Souad", "سعاد"), ("Yamina", "يمينة"),
)  # fmt: skip
FAMILY: Final = (
    ("El Amrani", "العمراني"), ("Alaoui", "العلوي"), ("El Idrissi", "الإدريسي"), ("Bennani", "بناني"),
    ("Benali", "بنعلي"), ("Berrada", "برادة"), ("Tazi", "التازي"), ("El Fassi", "الفاسي"), ("Chraibi", "الشرايبي"),
    ("Lahlou", "لحلو"), ("Mansouri", "المنصوري"), ("Yacoubi", "اليعقوبي"), ("Ouahabi", "الوهابي"),
    ("Haddad", "الحداد"), ("Naciri", "الناصري"), ("Tahiri", "الطاهري"), ("Slimani", "السليماني"),
    ("Rahmani", "الرحماني"), ("Azzouzi", "العزوزي"), ("Kaddouri", "القدوري"), ("Mimouni", "الميموني"),
    ("Belkacem", "بلقاسم"), ("Bouazza", "بوعزة"), ("Bouchikhi", "البوشيخي"), ("Saidi", "السعيدي"), ("Rifi", "الريفي"),
    ("Soussi", "السوسي"), ("Filali", "الفيلالي"), ("Chaoui", "الشاوي"), ("Zerouali", "الزروالي"), ("Hajji", "حجي"),
    ("Jabri", "الجابري"), ("Kabbaj", "القباج"), ("Sebti", "السبتي"), ("Ziani", "الزياني"), ("Znati", "الزناتي"),
)  # fmt: skip
STREETS: Final = (
    "Rue", "Avenue", "Avenue Mohammed V", "Avenue Hassan II", "Bd Mohammed VI", "Boulevard", "Hay", "Hay Essalam",
    "Hay El Massira", "Hay Al Qods", "Hay Riad", "Hay Hassani", "Hay Al Amal", "Hay Ennahda", "Douar", "Douar Oulad",
    "Douar Sidi", "Lot.", "Lotissement Al Qods", "Lotissement", "Résidence", "Quartier Administratif",
    "Quartier Industriel", "Rue de la Moulouya", "Rue de la Mosquée", "Rue du Marché", "Route d'Oujda",
    "Place de la Marche Verte", "Imm. B, Appt",
)  # fmt: skip
TOWNS: Final = (
    "Berkane", "Saïdia", "Ahfir", "Aklim", "Madagh", "Sidi Slimane Cherraa", "Zegzel", "Oujda", "Nador", "Taourirt",
    "Taza", "Fès", "Meknès", "Rabat", "Salé", "Casablanca", "Tanger", "Tétouan", "Agadir", "Marrakech",
)  # fmt: skip
LANDMARKS: Final = (
    "près", "près de", "à côté de", "en face de", "face", "derrière", "devant", "entre", "après", "avant",
    "au coin de", "au-dessus de", "la", "le", "de", "du", "mosquée", "école", "collège", "lycée", "crèche", "hôpital",
    "pharmacie", "boulangerie", "café", "marché", "souk", "gare", "station", "pont", "jardin", "stade", "banque",
    "poste", "four", "hammam", "épicerie", "immeuble", "étage", "rez-de-chaussée", "premier", "deuxième",
    "appartement", "maison", "villa", "bloc", "entrée", "porte", "bleue", "rond-point", "route", "ruelle", "impasse",
    "quartier", "douar", "puits", "cimetière", "caserne",
)  # fmt: skip
PURPOSES: Final = (
    ("Dossier de scolarité", "ملف تمدرس الأبناء"), ("Inscription à l'école d'un enfant", "التسجيل بالمدرسة"),
    ("Demande de crédit bancaire", "طلب قرض بنكي"), ("Ouverture d'un compte bancaire", "فتح حساب بنكي"),
    ("Renouvellement de la carte nationale", "تجديد البطاقة الوطنية"), ("Demande de passeport", "طلب جواز السفر"),
    ("Constitution d'un dossier de mariage", "تكوين ملف الزواج"), ("Dossier de retraite", "ملف التقاعد"),
    ("Inscription sur les listes électorales", "التسجيل في اللوائح الانتخابية"), ("Demande d'emploi", "طلب عمل"),
    ("Permis de conduire", "رخصة السياقة"), ("Dossier médical", "ملف طبي"), ("Demande de bourse", "طلب منحة"),
    ("Raccordement à l'eau et à l'électricité", "الربط بالماء والكهرباء"), ("Abonnement", "الاشتراك"),
)  # fmt: skip
REMARKS: Final = (
    "الوثائق كاملة", "الملف كامل", "ينقص عقد الكراء", "تنقص نسخة البطاقة", "ينقص توقيع", "سيعود غدا صباحا",
    "سيعود بعد الظهر", "تم التحقق من الهوية", "يرجى الاتصال هاتفيا", "له موعد", "يسكن مع والديه", "vu sur place",
    "à rappeler", "dossier complet",
)  # fmt: skip
OCCUPATIONS: Final = (
    "propriétaire", "locataire", "hébergé chez un parent", "hébergé chez sa famille", "logement de fonction",
    "proprietaire", "heberge",
)  # fmt: skip
FIRST_DAY_MS: Final = 1_767_225_600_000
"""1 January 2026: requests are spread over the year after it."""

DAY_MS: Final = 86_400_000


def events(seed: int, n: int) -> list[Event]:
    """Make up the first `n` events: requests, some of them after the account that they are of."""
    return list(islice(_years(Random(seed)), n))  # noqa: S311 - made-up data that must be the same for ever


def _years(rng: Random) -> Iterator[Event]:
    while True:
        account, who = rng.randbytes(16), _applicant(rng)
        by = Actor(role="citizen", id=account.hex(), name=who.name_fr, name_ar=who.name_ar)
        if rng.random() < 0.25:
            yield _opened(who, by)
        yield _submitted(rng, account, who, by)


def _applicant(rng: Random) -> Applicant:
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    number = rng.choice(("N° ", "n°", "", ""))
    return Applicant(
        cnie=f"F{rng.choice('ABCDEFGHJKLS')}{rng.randrange(1_000, 999_999)}",
        name_fr=f"{given[0]} {family[0]}",
        name_ar=f"{given[1]} {family[1]}",
        phone=f"+212{rng.choice('67')}{rng.randrange(10**8):08d}",
        birth_date=(date(1940, 1, 1) + timedelta(days=rng.randrange(25_000))).isoformat(),
        address=f"{number}{rng.randrange(1, 480)}, {rng.choice(STREETS)}, {_town(rng)}",
        verified=rng.random() < 0.2,
    )


def _town(rng: Random) -> str:
    return f"{rng.choice(TOWNS)} {rng.randrange(60_000, 63_999)}"


def _opened(who: Applicant, by: Actor) -> AccountOpened:
    return AccountOpened(
        cnie=who.cnie,
        name_fr=who.name_fr,
        name_ar=who.name_ar,
        phone=who.phone,
        birth_date=who.birth_date,
        address=who.address,
        pin_hash=None,
        language="ar",
        by=by,
        assisted=False,
        consent="law 09-08 notice, kiosk, 1",
    )


def _submitted(rng: Random, account: bytes, who: Applicant, by: Actor) -> RequestSubmitted:
    at_ms = FIRST_DAY_MS + rng.randrange(365) * DAY_MS
    return RequestSubmitted(
        follows=[],
        account=account,
        reference=references.draw(f"B{rng.randrange(1, 20):02d}", rng.randbytes),
        procedure="residence-autorite-locale",
        procedure_version=1,
        answers=_answers(rng),
        applicant=who,
        language="ar" if rng.random() < 0.8 else "fr",
        due=due_date(at_ms, 60).isoformat(),
        by=by,
    )


def _answers(rng: Random) -> dict[str, str]:
    """Each question of a form is answered by most; some forms ask for a purpose in both languages."""
    purpose = rng.choice(PURPOSES)
    answers = {
        "depuis": f"{rng.randrange(1970, 2027)}-{rng.randrange(1, 13):02d}",
        "motif": purpose[0],
        "motif_ar": purpose[1],
        "observation": f"{rng.choice(REMARKS)} {rng.randrange(100_000)}",
        "occupation": rng.choice(OCCUPATIONS),
        "repere": " ".join(rng.choice(LANDMARKS) for _ in range(rng.randrange(6, 18))),
    }
    return {name: answer for name, answer in answers.items() if rng.random() < 0.9}
