"""People, papers and seals for the press's tests; nobody here exists."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import zxingcpp
from PIL import Image

from edge.press.documents import CertificateData, DeclarationData, Detail, Issuer, Person, PieceLine, ReceiptData
from protocol.office.catalogue import Bilingual
from protocol.office.seals import SealKeys
from provisioning.certification import Authority, Lifetime, Prefecture, new_key
from provisioning.seals import (
    AUTHORITY_YEARS,
    ROOT_YEARS,
    SEAL_YEARS,
    make_root,
    make_seal_authority,
    make_seals,
)

ISSUED_MS = 1_794_500_000_000
SEALS_FROM_MS = ISSUED_MS - 86_400_000


@dataclass(frozen=True)
class Chain:
    root: Authority
    authority: Authority
    seals: SealKeys


def chain(seed: str = "berkane", annexe: str = "berkane-05") -> Chain:
    entropy, prefecture = _entropy_of(seed), Prefecture("Province de Berkane")
    root = make_root(prefecture, new_key(entropy), Lifetime.years(SEALS_FROM_MS, ROOT_YEARS))
    life = Lifetime.years(SEALS_FROM_MS, AUTHORITY_YEARS)
    authority = make_seal_authority(prefecture, root, new_key(entropy), life)
    seals = make_seals(
        prefecture,
        annexe,
        authority,
        Lifetime.years(SEALS_FROM_MS, SEAL_YEARS),
        pades_key=new_key(entropy),
        token_key=new_key(entropy),
    )
    return Chain(root, authority, seals)


def _entropy_of(seed: str) -> Callable[[int], bytes]:
    drawn = iter(range(1_000))
    return lambda size: hashlib.shake_256(f"{seed}/{next(drawn)}".encode()).digest(size)


def both(ar: str, fr: str) -> Bilingual:
    return Bilingual(ar=ar, fr=fr)


ISSUER = Issuer(
    id="berkane-05",
    name=both("الملحقة الإدارية الخامسة ببركان", "5e annexe administrative de Berkane"),
    town=both("بركان", "Berkane"),
    province=both("إقليم بركان", "Province de Berkane"),
)

FATIMA = Person(
    name_ar="فاطمة الزهراء بنعبد الله",
    name_fr="Fatima Zahra Benabdellah",
    cnie="FA123456",
    birth_date="1988-04-12",
    address="حي المقاومة، زنقة ابن خلدون رقم 12، بركان",
)

LONGEST = Person(
    name_ar="فاطمة الزهراء أم كلثوم بنت سيدي محمد بنعبد الرحمان الإدريسي العلوي الحسني التلمساني"[:80],
    name_fr="Fatima-Zahra Oum Keltoum Bent Sidi Mohammed Benabderrahmane El Idrissi El Alaoui",
    cnie="FA1234567Z",
    birth_date="1988-04-12",
    address=(
        "Boulevard Mohammed V prolongé, résidence Al Massira Al Khadra, immeuble 14, escalier B, appartement 27,"
        " quartier Hay Salam Extension, derrière la mosquée Al Imam Malik, 63300 Berkane, Oriental"
    ),
)

RESIDENCE = CertificateData(
    template="residence",
    issuer=ISSUER,
    procedure="residence-autorite-locale",
    title=both("شهادة السكنى", "Certificat de résidence"),
    reference="B05-7K3MQ-2X9RT",
    serial="b5x7cmq2k9rt4wza",
    person=FATIMA,
    details=[
        Detail(id="since", label=both("يسكن به منذ", "Y réside depuis"), value=both("مارس 2019", "mars 2019")),
        Detail(id="purpose", label=both("الغرض", "Motif"), value=both("التسجيل المدرسي", "Inscription scolaire")),
    ],
    issued_ms=ISSUED_MS,
    expires_ms=ISSUED_MS + 90 * 86_400_000,
    verify_url="https://centre.berkane.internal/verify",
    enquiry_on="2026-11-10",
)

ANSWERED = [
    Detail(
        id="occupation",
        label=both("بأي صفة تسكن هذا العنوان؟", "À quel titre habitez-vous à cette adresse ?"),
        value=both("سكن وظيفي", "Logement de fonction"),
    ),
    Detail(
        id="depuis",
        label=both("منذ متى تسكن هذا العنوان؟", "Depuis quand habitez-vous à cette adresse ?"),
        value=both("شتنبر 2019", "septembre 2019"),
    ),
    Detail(
        id="motif",
        label=both("ما الغرض من الشهادة؟", "À quoi servira le certificat ?"),
        value=both("التسجيل في اللوائح الانتخابية", "Inscription sur les listes électorales"),
    ),
    Detail(
        id="repere",
        label=both("علامة قريبة تسهل الوصول إلى المنزل (اختياري)", "Un repère près du domicile (facultatif)"),
        value=both("خلف المسجد", "derrière la mosquée Al Imam Malik, " * 3 + "à côté du four"),
    ),
]
"""The answers to a form of questions, each as long as the form takes it."""

FIANCES = CertificateData(
    template="attestation",
    issuer=ISSUER,
    procedure="attestation-fiances",
    title=both("شهادة إدارية خاصة بالخطوبة", "Attestation administrative relative aux fiancés"),
    reference="B05-8M4NR-3Y0SV",
    serial="c6y8dnr3m0sv5xab",
    person=FATIMA,
    details=[
        Detail(
            id="fiance_fr",
            label=both("اسم الخطيب أو الخطيبة بالحروف اللاتينية", "Nom du fiancé ou de la fiancée, en lettres latines"),
            value=both("Youssef El Mansouri", "Youssef El Mansouri"),
        ),
    ],
    issued_ms=ISSUED_MS,
    verify_url="https://centre.berkane.internal/verify",
    legal_basis=both("مدونة الأسرة، المادة 65", "Code de la famille, article 65"),
)

RECEIPT = ReceiptData(
    issuer=ISSUER,
    reference="B05-7K3MQ-2X9RT",
    submitted_ms=ISSUED_MS,
    procedure=both("شهادة السكنى المسلمة من طرف السلطات المحلية", "Certificat de résidence (autorité locale)"),
    person=Person(name_ar=FATIMA.name_ar, name_fr=FATIMA.name_fr, cnie=FATIMA.cnie),
    pieces=[
        PieceLine(label=both("البطاقة الوطنية", "Carte nationale (CNIE)"), state="shown"),
        PieceLine(label=both("فاتورة الماء أو الكهرباء", "Facture d'eau ou d'électricité"), state="missing"),
    ],
    due=date(2027, 1, 17),
    deadline_days=60,
    provisional=True,
    follow_url="https://berkane-05.annexe.internal/kiosk/follow/B05-7K3MQ-2X9RT",
    helper=both("نادية العلمي", "Nadia El Alami"),
)


DECLARATION = DeclarationData(
    annexe=ISSUER.name,
    title=both("تصريح بالشرف بالقرابة العائلية", "Déclaration sur l’honneur de parenté"),
    text=both("أصرح بشرفي أن الشخص المذكور أسفله من أقاربي.", "Je déclare sur l’honneur qu’elle est de ma famille."),
    lines=[both("اسم القريب الكامل", "Nom complet du parent"), both("درجة القرابة", "Lien de parenté")],
    replaces=both("شهادة القرابة العائلية", "Certificat de parenté"),
    since="2021-04",
    legal_basis=both("دورية وزارة الداخلية", "Circulaire du ministère de l’Intérieur"),
    at_ms=ISSUED_MS,
)


def of(person: Person, data: CertificateData = RESIDENCE) -> CertificateData:
    return msgspec.structs.replace(data, person=person)


def text_of(pdf: bytes) -> str:
    """Extract a PDF's text with poppler, without its direction marks."""
    text = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return text.translate(dict.fromkeys((0x202A, 0x202B, 0x202C, 0x200E, 0x200F)))


def pages_of(pdf: bytes, folder: Path, dpi: int = 200) -> list[Image.Image]:
    """Render a PDF's pages as a printer would."""
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", "-", str(folder / "page")], input=pdf, check=True)
    return [Image.open(path) for path in sorted(folder.glob("page*.png"))]


def codes_in(pdf: bytes, folder: Path) -> list[str]:
    """Read the QR codes of the rendered pages."""
    return [code.text for page in pages_of(pdf, folder) for code in zxingcpp.read_barcodes(page)]
