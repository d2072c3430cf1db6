"""What people and associations are known by: the number of each kind of document, checked and in canonical form.

- CNIE: as `identity.fold_cnie` has it.
- Residence card (carte d'immatriculation or de résidence, law 02-03): letters, digits, perhaps a letter. No text that
  was published fixes the form, so it is taken widely: capitals and digits, without blanks.
- Passport: the number of ICAO Doc 9303 part 4 (up to nine capitals and digits) after the code of the issuing state
  (part 3, section 5: three letters, or D for Germany): "FRA 12AB34567". Two states may give the same number.
- Association: the number of its receipt of declaration (dahir 1-58-376, article 5), as its authority wrote it: letters
  of either script, digits, and the strokes between them.

Digits of other scripts are read as the digits that they are. One canonical form a document: it is found by it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from protocol.errors import N_, PersonError
from protocol.office.folding import western_digits
from protocol.office.identity import check_text, fold_cnie, mask_cnie
from protocol.office.parties import Document

DOCUMENTS: Final[Mapping[Document, str]] = {
    "cnie": N_("National card (CNIE)"),
    "residence_card": N_("Residence card"),
    "passport": N_("Passport"),
    "association": N_("Association's receipt"),
    "none": N_("No document of his own"),
}
"""Kind of document -> its name on a screen."""

KIOSK: Final[tuple[Document, ...]] = ("cnie", "residence_card")
"""Cards whose holder signs in at a kiosk by number and PIN: they are issued here, and their form is widely known."""

LONGEST_TYPED = 40
"""Characters of a number with all the blanks that people put in; more is a slip."""

LONGEST_RECEIPT = 30
"""Characters of an association's receipt in canonical form: the longest seen have about twenty."""

RESIDENCE_CARD = re.compile(r"[A-Z]{1,3}[0-9]{3,8}[A-Z]?")
PASSPORT = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,9}")
STATE = re.compile(r"[A-Z]{3}|D")
RECEIPT = re.compile(r"[0-9A-Z\u0621-\u064a]+(?:[/.\-][0-9A-Z\u0621-\u064a]+)*")
STATE_FIELD = "state"
FILLER = "<"
"""What fills a machine-readable line (ICAO 9303): people who copy from it type it along."""


def check_number(document: str, text: str, *, state: str = "", field: str = "cnie", state_field: str = "state") -> str:
    """Return a document's number in canonical form; PersonError with a sentence when it is none.

    `state`: the code of the state that issued a passport, where it was typed apart. `field` and `state_field` name what
    is wrong.
    """
    check = _CHECKS.get(document)
    if check is None:
        raise PersonError(N_("Choose which document was shown."), field="document")
    try:
        return check(f"{state} {text}" if document == "passport" and state.strip() else text)
    except PersonError as error:
        where = state_field if error.field == STATE_FIELD else field
        raise PersonError(error.message, field=where, status=error.status, **error.facts) from error


def _folded(text: str) -> str:
    typed = unicodedata.normalize("NFKC", check_text(text, field="cnie", longest=LONGEST_TYPED))
    return western_digits(typed).upper()


def _cnie(text: str) -> str:
    return fold_cnie(text)


def _residence_card(text: str) -> str:
    folded = re.sub(r"[\s.\-]", "", _folded(text))
    if not RESIDENCE_CARD.fullmatch(folded):
        raise PersonError(
            N_("This is not a residence card's number: it has letters and then digits, as on the card (B012345X).")
        )
    return folded


def _passport(text: str) -> str:
    state, _, number = _folded(text).replace(FILLER, " ").strip().partition(" ")
    number = re.sub(r"[\s.\-]", "", number)
    if not STATE.fullmatch(state):
        raise PersonError(
            N_("Write the passport's country as its code says, three letters: FRA, SEN, ESP."), field=STATE_FIELD
        )
    if not PASSPORT.fullmatch(number):
        raise PersonError(
            N_("This is not a passport's number: it has up to nine letters and digits, as on its page (12AB34567).")
        )
    return f"{state} {number}"


def _receipt(text: str) -> str:
    folded = re.sub(r"\s", "", re.sub(r"[\u2010-\u2015]", "-", _folded(text)))
    if len(folded) > LONGEST_RECEIPT or not RECEIPT.fullmatch(folded) or not any(map(str.isdecimal, folded)):
        raise PersonError(
            N_("This is not the number of an association's receipt: write it as it stands there (123/2019).")
        )
    return folded


def _none(text: str) -> str:
    if text.strip():
        raise PersonError(N_("Without a document there is no number: leave it empty, or choose the document."))
    return ""


_CHECKS = {
    "cnie": _cnie, "residence_card": _residence_card, "passport": _passport, "association": _receipt, "none": _none,
}  # fmt: skip


def document_of(text: str) -> Document:
    """Return the kind that a form names; PersonError when there is none of that name."""
    for document in DOCUMENTS:
        if document == text:
            return document
    raise PersonError(N_("Choose which document was shown."), field="document")


def mask_number(document: Document, number: str) -> str:
    """Return a number with its middle hidden: FA••••56, FRA ••••67. An association's is public, and stays whole."""
    if document == "passport":
        state, _, rest = number.partition(" ")
        return f"{state} ••••{rest[-2:]}"
    if document in KIOSK:
        return mask_cnie(number)
    return number
