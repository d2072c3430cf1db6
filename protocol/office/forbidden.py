"""What a piece may not be worded to ask for, in Arabic and in French: law 55-19 as patterns over folded text.

Rules:

- A label is read clause by clause: "le bail (copie) et la carte nationale" copies no card. "et de la" goes on with the
  clause before it.
- A pattern counts only where it is asked for: "sans copie certifiée", "بدون تصحيح الإمضاء", "non légalisé" do not ask.
- Where Arabic leaves open what is copied (one word joined to the next by "و"), the wording is refused: the editor parts
  the two, and citizens read it better too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from protocol.office.folding import fold_name
from protocol.office.schema import Bilingual

CERTIFIED: Final = "a certified copy may not be asked for (law 55-19)"
LEGALISED: Final = "a legalised signature may not be asked for (law 55-19)"
CARD: Final = "an identity card is shown, not copied (law 55-19)"
ONE_COPY: Final = "one copy is enough, no more may be asked for (law 55-19)"
ABOLISHED: Final = "this certificate was abolished in April 2021, nobody may ask for it"
HELD: Final = "an annexe delivers or holds it, and nothing is asked for that the administration has (law 55-19)"

_COPY: Final = r"\b(?:(?:photo)?copies?|scans?|duplicatas?|fac similes?)\b"
_COPY_AR: Final = r"\b(?:نسخه|نسخ|نسختان|نسختين|صوره|صور|فوتوكوبي|فوطوكوبي)\b"
_CARD: Final = r"(?:cnie|cine?|cni|titres? de sejour|cartes?(?: nationales?| didentite| de sejour|$))\b"
_CARD_AR: Final = r"و?(?:لل|ال|ل|ب)?بطا(?:ق(?:ه|ات|تك|ته|تها)|يق)(?: (?:ال|لل)?(?:وطنيه|تعريف|هويه|اقامه|شخصيه)|$)"
_PAPER: Final = r"\b(?:certificats?|attestations?)(?: administrati\w+)? (?:de |du |d)?(?:la )?"
_PAPER_AR: Final = r"\b(?:ال)?شهاد(?:ه|ات)(?: (?:ال)?اداريه)?(?: ب)? ?(?:ال)?"

_WORDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    CERTIFIED: (
        rf"{_COPY}(?: \w+){{0,4}}? (?:certifiee?s?|conformes?|legalisee?s?|authentifiee?s?)\b",
        r"\bcertifiee?s? conformes?\b",
        r"\bconformes? a loriginal\b",
        rf"{_COPY_AR}(?: \w+){{0,4}}? (?:ال)?(?:مصادق|مشهود|مصدق)\w*",
        r"طبق الاصل|مطابقه? للاصل|مشهود بمطابقت",
    ),
    LEGALISED: (
        r"\blegalis\w+",
        r"\bsignatures? (?:certifiee?s?|authentifiee?s?)\b",
        r"\bcertification (?:de |des )?(?:la |sa |votre )?signatures?\b",
        r"\bمصادق\w* علي|(?:ال)?مصادقه علي (?:ال)?(?:توقيع|امضا)",
        r"\b(?:ال)?(?:تصحيح|مصحح|مصححه|مصادق) (?:ال)?(?:امضا|توقيع)",
    ),
    CARD: (
        rf"{_COPY}(?: \w+){{0,5}}? {_CARD}",
        rf"\b{_CARD}(?: \w+){{0,2}}? {_COPY}",
        rf"{_COPY_AR}(?: \w+){{0,4}}? {_CARD_AR}",
    ),
    ONE_COPY: (
        r"\b(?:deux|trois|quatre|cinq|[2-9]|[1-9]\d|plusieurs) (?:photocopies|copies|exemplaires)\b",
        r"\b(?:double|triple)s? (?:exemplaires?|copies?)\b|\ben (?:double|triple|plusieurs)\b",
        r"\b(?:نسختان|نسختين|نظيران|نظيرين)\b",
        r"\b(?:ثلاث|ثلاثه|اربع|اربعه|خمس|خمسه|عده|[2-9]) (?:نسخ|نظاير)\b",
    ),
    ABOLISHED: (
        rf"{_PAPER}(?:celibat|vie(?! scolaire)|charge de famille|non divorce|veuvage|parente|polygamie)\b",
        rf"{_PAPER}(?:mariage unique|heredite|choix du nom|continuite de)\b",
        rf"{_PAPER_AR}(?:عزوبه|حياه|تحمل العايلي|قرابه|عدم الطلاق|ترمل|تعدد الزوجات|زواج الوحيد|اراثه)\b",
        rf"{_PAPER_AR}(?:اختيار الاسم|استمراريه الحياه)\b",
    ),
    HELD: (
        r"\bcertificats? de residence\b(?!.*\b(?:police|gendarmerie|surete)\b)",
        r"\bcertificats? administratifs?\b|\brecepisses? de depot\b|\bcompte administratif\b",
        r"\bشهاد(?:ه|ات) (?:ال)?(?:سكني|سكن|اقامه)\b(?!.*(?:شرطه|درك|امن))",
        r"\bشهاده اداريه\b|وصل (?:ال)?ايداع|(?:ال)?حساب (?:ال)?اداري",
    ),
}
"""What the law has against an asking, and how it is worded: patterns over a folded clause."""

_PATTERNS: Final = tuple((re.compile(one), why) for why, wordings in _WORDINGS.items() for one in wordings)

_REFUSED_BEFORE: Final = re.compile(
    r"\b(?:sans|aucune?|pas|ni|non|jamais|rien)(?: (?:de|a|la|le|les|une?|aucune?|besoin|etre|d))*$"
    r"|\b(?:بدون|دون|غير|لا|بلا|ليس|لا حاجه الي|من غير)(?: (?:اي|حاجه|الي|حاجه الي))*$"
)
"""What, right before a finding, says that it is not wanted."""

_CLAUSE: Final = re.compile(r"[,;:.()/\n،؛؟?]|\s(?:et|ou|puis|ainsi que)\s(?!d[eu]s?\s|de\s|d['’])|\s(?:أو|ثم)\s")
"""Where one thing that is asked for ends and the next begins."""

_COPY_ALONE: Final = re.compile(
    rf"(?:(?:une?|en) )?{_COPY}(?: (?:simple|lisible|recto|verso))*|{_COPY_AR}(?: منها| منه)?"
)
"""A clause that only says that the one before it is copied: "Carte nationale (copie)"."""

_OF_THE_PERSON: Final = re.compile(
    r"\b(?:numero|n|no) de (?:la |votre )?(?:cnie|cin|carte nationale)\b"
    r"|\b(?:votre|vos) (?:noms?|prenoms?|adresse|telephone|date de naissance|numero de (?:telephone|portable|gsm))\b"
    r"|رقم (?:ال)?بطاق(?:ه|تك)|\b(?:اسمك|نسبك|عنوانك|هاتفك|رقم هاتفك|تاريخ ازديادك|تاريخ ميلادك)\b"
)
"""Questions that an account has answered already, whatever their id."""


def forbidden_in(text: Bilingual) -> list[str]:
    """What the law has against asking for `text`, each once, in the order of the patterns."""
    found = {why for raw in (text.fr, text.ar) for clause in _clauses(raw) for why in _against(clause)}
    return [why for why in _WORDINGS if why in found]


def asks_the_person(text: Bilingual) -> bool:
    """Whether a question asks for what the account holds: name, card, phone, birth date, address."""
    return any(_OF_THE_PERSON.search(fold_name(raw)) for raw in (text.fr, text.ar))


def _clauses(text: str) -> Iterator[str]:
    before = ""
    for clause in filter(None, map(fold_name, _CLAUSE.split(text))):
        yield f"{before} {clause}" if _COPY_ALONE.fullmatch(clause) else clause
        before = clause


def _against(clause: str) -> Iterator[str]:
    for pattern, why in _PATTERNS:
        if any(not _is_refused(clause, found) for found in pattern.finditer(clause)):
            yield why


def _is_refused(clause: str, found: re.Match[str]) -> bool:
    """Whether the clause says "no" right before what was found, or before its last word ("copie non certifiée")."""
    last_word = found.group().rpartition(" ")[0]
    return any(_REFUSED_BEFORE.search(before.strip()) for before in (clause[: found.start()], last_word))
