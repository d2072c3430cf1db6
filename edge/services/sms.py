"""The texts that are sent: no name, no kind of certificate, in the language of the request (law 09-08).

They are data in both languages, outside gettext: the language is the citizen's, not the screen's. A text takes two
parts at most; an annexe whose name is too long for that is named by its first words. The French texts keep to the
default alphabet of GSM, without ê, ç or typographic apostrophes, so that they take one part where the name allows it.
"""

from __future__ import annotations

from protocol.office.catalogue import Bilingual

READY, ANSWERED = "ready", "answered"
PIECES, LAPSED, SILENT, APPEAL_ANSWERED = "pieces", "lapsed", "silent", "appeal_answered"
ANNULLED = "annulled"

TEXTS: dict[str, Bilingual] = {
    READY: Bilingual(
        ar="{annexe}: طلبكم {reference} جاهز. المرجو الحضور مع البطاقة الوطنية.",
        fr="{annexe} : le document de votre demande {reference} est disponible. Venez avec votre carte nationale.",
    ),
    ANSWERED: Bilingual(
        ar="{annexe}: تم الجواب على طلبكم {reference}. المرجو الاطلاع عليه بالملحقة، ولكم حق الطعن.",
        fr="{annexe} : la réponse à votre demande {reference} vous attend au guichet. Un recours est possible.",
    ),
    PIECES: Bilingual(
        ar="{annexe}: ملف طلبكم {reference} ناقص. التفاصيل والأجل بالشباك الآلي أو بالملحقة.",
        fr="{annexe} : dossier {reference} incomplet. Voyez les pièces et le délai à la borne ou au guichet.",
    ),
    LAPSED: Bilingual(
        ar="{annexe}: أغلق طلبكم {reference} لعدم الإدلاء بالوثائق. يمكنكم تقديم طلب جديد.",
        fr="{annexe} : demande {reference} close, faute des pièces demandées. Vous pouvez la refaire.",
    ),
    SILENT: Bilingual(
        ar="{annexe}: لم يتم الجواب على طلبكم {reference} داخل الأجل. لكم إثبات بذلك بالشباك الآلي أو بالملحقة.",
        fr="{annexe} : pas de réponse à temps à votre demande {reference}. Une preuve vous attend au guichet.",
    ),
    APPEAL_ANSWERED: Bilingual(
        ar="{annexe}: تم الجواب على الطعن المتعلق بطلبكم {reference}. المرجو الاطلاع عليه بالملحقة.",
        fr="{annexe} : la réponse au recours sur votre demande {reference} vous attend au guichet.",
    ),
    ANNULLED: Bilingual(
        ar="{annexe}: يرجى الحضور إلى الملحقة بخصوص طلبكم {reference} مع الوثيقة إن كانت بحوزتكم.",
        fr="{annexe} : venez au guichet au sujet de votre demande {reference}, avec le document s'il est chez vous.",
    ),
}

GSM_PART, GSM_PARTS = 160, 153
UCS2_PART, UCS2_PARTS = 70, 67
MOST_PARTS = 2
"""Characters of a text that fits one part, and of each part of a longer one (3GPP TS 23.040, 23.038); and how
many parts a text of ours may take, for each is paid for."""

GSM_ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet of 3GPP TS 23.038, without its extension table, which our texts do not use."""


def text_of(template: str, language: str, *, annexe: Bilingual, reference: str) -> str:
    """Return the text of a message; `language` is "ar" or "fr"."""
    wording = TEXTS[template]
    chosen, name = (wording.fr, annexe.fr) if language == "fr" else (wording.ar, annexe.ar)
    words = name.split()
    while True:
        text = chosen.format(annexe=" ".join(words), reference=reference)
        if parts_of(text) <= MOST_PARTS or len(words) < 2:
            return text
        words.pop()


def parts_of(text: str) -> int:
    """Return how many SMS parts `text` takes."""
    plain = all(character in GSM_ALPHABET for character in text)
    one, each = (GSM_PART, GSM_PARTS) if plain else (UCS2_PART, UCS2_PARTS)
    units = len(text) if plain else len(text.encode("utf-16-le")) // 2
    return 1 if units <= one else -(-units // each)
