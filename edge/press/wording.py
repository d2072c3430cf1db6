"""The fixed wording of the papers in both languages: dates in words, what a certificate states, what a seal proves.

Western digits in Arabic too, and the Moroccan names of the months. Texts only: where they stand on the page is Typst's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from edge.press.documents import CertificateData, DeclarationData, PieceState, ReceiptData
from protocol.office.catalogue import Bilingual, Template
from protocol.office.parties import Capacity, Document

# fmt: off
_MONTHS_AR = (
    "يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو", "يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر",
)
_MONTHS_FR = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)
# fmt: on

NAME = Bilingual(ar="الاسم الكامل", fr="Nom complet")
NUMBERS: dict[Document, Bilingual] = {
    "cnie": Bilingual(ar="رقم البطاقة الوطنية", fr="N° de la CNIE"),
    "residence_card": Bilingual(ar="رقم بطاقة الإقامة", fr="N° de la carte de séjour"),
    "passport": Bilingual(ar="رقم جواز السفر", fr="N° du passeport"),
    "association": Bilingual(ar="رقم وصل التصريح", fr="N° du récépissé"),
}
"""Kind of document -> what its number is called; who has none has no such line."""

ASSOCIATION_NAME = Bilingual(ar="اسم الجمعية", fr="Nom de l'association")
BIRTH_DATE = Bilingual(ar="تاريخ الازدياد", fr="Date de naissance")
DECLARED = Bilingual(ar="تاريخ التصريح بالتأسيس", fr="Date de la déclaration")
ADDRESS = Bilingual(ar="العنوان", fr="Adresse")
SEAT = Bilingual(ar="المقر", fr="Siège")
CAPACITIES: dict[Capacity, Bilingual] = {
    "guardian": Bilingual(ar="النائب الشرعي", fr="Représentant légal"),
    "proxy": Bilingual(ar="الوكيل", fr="Mandataire"),
    "president": Bilingual(ar="الرئيس", fr="Président(e)"),
}
BASIS = Bilingual(ar="بناء على", fr="En vertu de")
REQUEST = Bilingual(ar="موضوع الطلب", fr="Objet de la demande")
SUBMITTED = Bilingual(ar="تاريخ الإيداع", fr="Date du dépôt")
REFERENCE = Bilingual(ar="رقم الطلب", fr="Référence")
HELPER = Bilingual(ar="بمساعدة", fr="Avec l'aide de")
LEGAL_BASIS = Bilingual(ar="السند القانوني", fr="Base légale")
EXPIRES = Bilingual(ar="صالحة إلى غاية", fr="Valable jusqu'au")

DUPLICATE = Bilingual(ar="نظير", fr="DUPLICATA")
TAKES_ITS_PLACE = Bilingual(ar="يحل محل الشهادة رقم", fr="Remplace le certificat n°")
ANNULS = Bilingual(ar="تلغي وتعوض الشهادة رقم", fr="Annule et remplace le certificat n°")

PIECE_STATES: dict[PieceState, Bilingual] = {
    "shown": Bilingual(ar="تم الإدلاء بها", fr="présentée"),
    "missing": Bilingual(ar="ناقصة", fr="manquante"),
    "expected": Bilingual(ar="يجب الإدلاء بها", fr="à présenter"),
}

Lines = dict[str, list[str]]


def day_in_words(day: date) -> Bilingual:
    """Return "24 نونبر 2026" and "24 novembre 2026" (French: "1er" for the first)."""
    first = "1er" if day.day == 1 else str(day.day)
    return Bilingual(
        ar=f"{day.day} {_MONTHS_AR[day.month - 1]} {day.year}", fr=f"{first} {_MONTHS_FR[day.month - 1]} {day.year}"
    )


def month_in_words(month: str) -> Bilingual:
    """Return an ISO month ("2019-03") as "مارس 2019" and "mars 2019"; ValueError when it is none."""
    day = date.fromisoformat(f"{month}-01")
    return Bilingual(ar=f"{_MONTHS_AR[day.month - 1]} {day.year}", fr=f"{_MONTHS_FR[day.month - 1]} {day.year}")


def iso_day_in_words(text: str) -> Bilingual:
    """Return an ISO date in words; what is no date (a year alone, say) stays as it is."""
    try:
        return day_in_words(date.fromisoformat(text))
    except ValueError:
        return Bilingual(ar=text, fr=text)


def done_at(data: CertificateData, issued: date) -> Bilingual:
    """Return where and when the certificate was made out."""
    day, town = day_in_words(issued), data.issuer.town
    return Bilingual(ar=f"حرر ب{town.ar} في {day.ar}", fr=f"Fait à {town.fr}, le {day.fr}")


def statement(data: CertificateData) -> Lines:
    """Return what the certificate certifies, by paragraphs."""
    return _STATEMENTS[data.template](data)


def _residence(data: CertificateData) -> Lines:
    return _seat(data) if data.person.document == "association" else _home(data)


def _seat(data: CertificateData) -> Lines:
    ground = _enquiry(data)
    return {
        "ar": [
            f"يشهد {data.signatory.ar} الموقع أسفله، {ground.ar}، أن الجمعية المذكورة أعلاه يوجد مقرها فعلا بالعنوان"
            " المبين أعلاه.",
            "وقد سلمت هذه الشهادة للجمعية بناء على طلب رئيسها للإدلاء بها عند الاقتضاء.",
        ],
        "fr": [
            f"{data.signatory.fr} soussigné certifie, {ground.fr}, que l'association désignée ci-dessus a effectivement"
            " son siège à l'adresse indiquée.",
            "Le présent certificat lui est délivré, à la demande de son président, pour servir et valoir ce que de"
            " droit.",
        ],
    }


def _home(data: CertificateData) -> Lines:
    ground = _enquiry(data)
    return {
        "ar": [
            f"يشهد {data.signatory.ar} الموقع أسفله، {ground.ar}، أن المعني(ة) بالأمر المذكور(ة) أعلاه يسكن فعلا"
            " بالعنوان المبين أعلاه.",
            "وقد سلمت هذه الشهادة للمعني(ة) بالأمر بناء على طلبه(ا) للإدلاء بها عند الاقتضاء.",
        ],
        "fr": [
            f"{data.signatory.fr} soussigné certifie, {ground.fr}, que la personne désignée ci-dessus réside"
            " effectivement à l'adresse indiquée.",
            "Le présent certificat lui est délivré, sur sa demande, pour servir et valoir ce que de droit.",
        ],
    }


_TRUE = Bilingual(
    ar="بصحة المعلومات المبينة أعلاه المتعلقة بالمعني(ة) بالأمر",
    fr="l'exactitude des renseignements ci-dessus concernant la personne désignée",
)
"""What an attestation certifies where its procedure says nothing else."""


def _attestation(data: CertificateData) -> Lines:
    ground, stated = _enquiry(data), data.statement or _TRUE
    return {
        "ar": [
            f"يشهد {data.signatory.ar} الموقع أسفله، {ground.ar}، {stated.ar}.",
            "وقد سلمت هذه الشهادة للمعني(ة) بالأمر بناء على طلبه(ا) للإدلاء بها عند الاقتضاء.",
        ],
        "fr": [
            f"{data.signatory.fr} soussigné atteste, {ground.fr}, {stated.fr}.",
            "La présente attestation lui est délivrée, sur sa demande, pour servir et valoir ce que de droit.",
        ],
    }


def _receipt(data: CertificateData) -> Lines:
    ground, stated = _enquiry(data), data.statement or _TRUE
    return {
        "ar": [
            f"يشهد {data.signatory.ar} الموقع أسفله، {ground.ar}، {stated.ar}.",
            "وقد سلم هذا الوصل للمعني(ة) بالأمر للإدلاء به عند الاقتضاء.",
        ],
        "fr": [
            f"{data.signatory.fr} soussigné atteste, {ground.fr}, {stated.fr}.",
            "Le présent récépissé est remis au déclarant pour servir et valoir ce que de droit.",
        ],
    }


_STATEMENTS: dict[Template, Callable[[CertificateData], Lines]] = {
    "residence": _residence,
    "attestation": _attestation,
    "receipt": _receipt,
}


def _enquiry(data: CertificateData) -> Bilingual:
    if data.enquiry_on is None:
        return Bilingual(ar="بناء على الوثائق المدلى بها", fr="au vu des pièces présentées")
    day = iso_day_in_words(data.enquiry_on)
    return Bilingual(
        ar=f"بناء على البحث المنجز من طرف عون السلطة بتاريخ {day.ar}",
        fr=f"au vu de l'enquête effectuée le {day.fr} par l'auxiliaire d'autorité",
    )


SEAL_NOTE: Lines = {
    "ar": [
        "يثبت هذا الختم أن مضمون الوثيقة لم يتغير منذ إصدارها وأنها صادرة عن الملحقة المذكورة (القانون رقم 43.20"
        " المتعلق بخدمات الثقة بشأن المعاملات الإلكترونية). وهو ختم محلي وليس توقيعا إلكترونيا مؤهلا، ولا يقوم مقام"
        " توقيع السلطة وخاتمها."
    ],
    "fr": [
        "Ce sceau prouve que le contenu du document n'a pas changé depuis son émission et qu'il provient de l'annexe"
        " indiquée (loi n° 43-20 relative aux services de confiance pour les transactions électroniques). Apposé"
        " localement, il n'est pas une signature électronique qualifiée et ne remplace ni la signature ni le cachet de"
        " l'autorité."
    ],
}


def due_lines(data: ReceiptData) -> Lines:
    """Return when the answer comes at the latest, and from when the delay counts."""
    if data.due is None:
        return {
            "ar": [f"يبلغ جواب الإدارة داخل أجل أقصاه {data.deadline_days} يوما من تاريخ إيداع ملف كامل."],
            "fr": [f"La réponse vous sera donnée dans un délai de {data.deadline_days} jours au plus à compter du dépôt"
                   " d'un dossier complet."],
        }  # fmt: skip
    if not data.provisional:
        return {
            "ar": [f"الملف كامل. أجل معالجة الطلب: {data.deadline_days} يوما على الأكثر."],
            "fr": [f"Dossier complet. Délai de traitement : {data.deadline_days} jours au plus."],
        }
    return {
        "ar": [
            f"أجل معالجة الطلب {data.deadline_days} يوما على الأكثر، يحتسب من تاريخ اكتمال الملف: هذا التاريخ مؤقت إلى"
            " أن يتحقق الموظف من الوثائق."
        ],
        "fr": [
            f"Délai de traitement : {data.deadline_days} jours au plus, à compter du dossier complet. Cette date est"
            " provisoire tant qu'un agent n'a pas vu vos pièces."
        ],
    }


APPEAL: Lines = {
    "ar": [
        "كل رفض يجب أن يكون معللا. وفي حالة الرفض أو عدم الرد داخل الأجل، يمكنكم تقديم طعن لدى السيد العامل، طبقا"
        " للقانون رقم 55.19 المتعلق بتبسيط المساطر والإجراءات الإدارية."
    ],
    "fr": [
        "Tout refus doit être motivé. En cas de refus, ou sans réponse dans ce délai, vous pouvez former un recours"
        " auprès du gouverneur, conformément à la loi n° 55-19 relative à la simplification des procédures et des"
        " formalités administratives."
    ],
}

FOLLOW: Lines = {
    "ar": ["لتتبع طلبكم: امسحوا هذا الرمز، أو أدخلوا رقم الطلب في الشباك الآلي، أو اسألوا أي موظف."],
    "fr": ["Pour suivre votre demande : scannez ce code, saisissez la référence à la borne, ou demandez à un agent."],
}

ONCE: Lines = {
    "ar": ["لا تطلب منكم الوثائق الناقصة إلا مرة واحدة. احتفظوا بهذا الوصل."],
    "fr": ["Les pièces manquantes ne peuvent vous être demandées qu'une seule fois. Conservez ce récépissé."],
}

DECLARED_BY = (
    NAME,
    NUMBERS["cnie"],
    Bilingual(ar="تاريخ ومكان الازدياد", fr="Date et lieu de naissance"),
    ADDRESS,
)
"""What everyone who declares writes of himself, by hand."""

PLACE = Bilingual(ar="حرر ب", fr="Fait à")
DAY = Bilingual(ar="بتاريخ", fr="le")
SIGNATURE = Bilingual(ar="التوقيع", fr="Signature")

WARNING: Lines = {
    "ar": ["أقر بأنني أعلم أن كل تصريح كاذب يعرض صاحبه للعقوبات المنصوص عليها في القانون."],
    "fr": ["Je sais que toute fausse déclaration expose son auteur aux sanctions prévues par la loi."],
}


def declaration_foot(data: DeclarationData) -> Lines:
    """Return what the declaration stands for, on which text, and what nobody may ask for besides."""
    since = _since(data.since)
    basis_ar, basis_fr = ("", "") if data.legal_basis is None else (data.legal_basis.ar, data.legal_basis.fr)
    return {
        "ar": [
            f"يعوض هذا التصريح{since.ar}: {data.replaces.ar}. {basis_ar}".strip(),
            "يوقعه المصرح بنفسه. ولا يجوز لأي إدارة أن تطلب تصحيح الإمضاء أو نسخة مطابقة للأصل (القانون رقم 55.19).",
            f"استمارة تضعها {data.annexe.ar} رهن إشارة العموم.",
        ],
        "fr": [
            f"Cette déclaration remplace{since.fr} : {data.replaces.fr}. {basis_fr}".strip(),
            "Elle est signée par le déclarant. Aucune administration ne peut exiger une signature légalisée ni une"
            " copie certifiée conforme (loi n° 55-19).",
            f"Formulaire mis à la disposition du public : {data.annexe.fr}.",
        ],
    }


def _since(text: str | None) -> Bilingual:
    """Return "since" with a month, a year or a day in words; nothing where no date is known."""
    if text is None:
        return Bilingual(ar="", fr="")
    when = month_in_words(text) if len(text) == len("2021-04") else iso_day_in_words(text)
    return Bilingual(ar=f" منذ {when.ar}", fr=f" depuis {when.fr}")
