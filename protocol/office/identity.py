"""What people type of themselves, checked and put into canonical form; each refusal is a sentence that helps.

- CNIE: one or two letters, one to seven digits, perhaps a letter. The letters tell which office issued the card, never
  where someone lives.
- Phones by the `phonenumbers` library, region MA, kept as E.164. Only mobile numbers (6, 7) receive an SMS.
- Digits of other scripts are read as the digits that they are, so that one card is never two.
- No control and no bidirectional-override character ever passes: they make a page read otherwise than it is stored.
  Nor does U+FFFD, which stands where bytes were no text.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from itertools import pairwise

import phonenumbers

from protocol.errors import N_, PersonError
from protocol.office.folding import western_digits

CNIE = re.compile(r"[A-Z]{1,2}[0-9]{1,7}[A-Z]?")
LONGEST_TYPED = 40
"""Characters of a card or phone number with all the blanks that people put in; more is a slip."""

LONGEST_NAME = 80
"""Characters of a name: the longest with all its family names fit; it must also fit a line of a certificate."""

LONGEST_ADDRESS = 200
"""Characters of an address: three lines of a certificate."""

OLDEST_YEAR = 1900
"""The first year of birth accepted: nobody alive was born before."""

PIN_DIGITS = 6
"""Digits of a PIN: a million, against five tries a quarter of an hour."""

SHORTEST_ADDRESS = 5
"""Characters of an address: "Rue 3" has five; fewer lead nobody to a door."""

LATIN_NAME = re.compile(r"['’]?[^\W\d_]+(?:[ '’\-.]+[^\W\d_]+)*\.?")
ARABIC = "[\u0621-\u065f\u0670-\u06d3\u0750-\u077f]"
ARABIC_NAME = re.compile(rf"{ARABIC}+(?:[ '’\-]+{ARABIC}+)*")
DAY_FIRST = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4})")
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
PHONE = re.compile(r"\+?[0-9][0-9 .()/\-]*")
"""What a phone number is typed with; letters would be read as the keys that they stand on."""

HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Unicode's categories of what nobody sees: controls, marks of direction, unassigned and private characters."""

NO_TEXT = "\N{REPLACEMENT CHARACTER}"


def check_text(text: str, *, field: str, longest: int) -> str:
    """Return a free text without blanks around it; refuses one too long, or with characters that hide something."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if len(text) > longest:
        raise PersonError(N_("This is too long: %(longest)s characters at most."), field=field, longest=longest)
    for character in text if not _is_plain(text) else "":
        if character == NO_TEXT or (character not in "\n\t" and unicodedata.category(character) in HIDDEN):
            raise PersonError(
                N_("This text holds hidden characters. Please type it again instead of pasting it."), field=field
            )
    return text


def _is_plain(text: str) -> bool:
    """Say that nothing hides in a text, where that is seen at once."""
    return text.isascii() and text.isprintable()


def _one_line(text: str, *, field: str, longest: int) -> str:
    return re.sub(r"\s+", " ", check_text(text, field=field, longest=longest))


def fold_cnie(text: str) -> str:
    """Return the number of a national card in capital letters without blanks; PersonError when it is none."""
    typed = unicodedata.normalize("NFKC", check_text(text, field="cnie", longest=LONGEST_TYPED))
    folded = western_digits(re.sub(r"[\s.\-]", "", typed)).upper()
    if not CNIE.fullmatch(folded):
        raise PersonError(
            N_("This is not a card number: it has one or two letters and then digits, as on the card (FA123456)."),
            field="cnie",
        )
    return folded


def phone_e164(text: str) -> str:
    """Return a telephone number as E.164, read as in Morocco; PersonError when it is none."""
    typed = western_digits(" ".join(check_text(text, field="phone", longest=LONGEST_TYPED).split()))
    try:
        number = phonenumbers.parse(typed, "MA") if PHONE.fullmatch(typed) else None
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not _exists(number):
        raise PersonError(
            N_("This is not a telephone number: type it as you dial it, for example 0612345678."), field="phone"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _exists(number: phonenumbers.PhoneNumber) -> bool:
    """Say whether a number can exist. An appliance offline for years knows an old numbering plan: a Moroccan mobile
    number of a range that was opened since is taken too."""
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_valid_number(number) or re.fullmatch(r"\+212[67][0-9]{8}", e164) is not None


def is_mobile(e164: str) -> bool:
    """Say whether a number receives SMS: Moroccan mobiles start with 6 or 7; abroad the library's word is taken."""
    if e164.startswith("+212"):
        return e164[4:5] in {"6", "7"}
    number = phonenumbers.parse(e164)
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return phonenumbers.number_type(number) in mobile


def check_name_fr(text: str) -> str:
    """Return a name in Latin letters; PersonError when it is empty or holds anything else."""
    name = _one_line(text, field="name_fr", longest=LONGEST_NAME)
    if len(name) < 2 or not LATIN_NAME.fullmatch(name) or not _all_of(name, "LATIN"):
        raise PersonError(N_("Write the name in Latin letters, as on the card, without digits."), field="name_fr")
    return name


def check_name_ar(text: str) -> str:
    """Return a name in Arabic letters; PersonError when it is empty or holds anything else."""
    name = unicodedata.normalize("NFKC", _one_line(text, field="name_ar", longest=LONGEST_NAME))
    if len(name) < 2 or not ARABIC_NAME.fullmatch(name):
        raise PersonError(N_("Write the name in Arabic letters, as on the card, without digits."), field="name_ar")
    return name


def _all_of(name: str, script: str) -> bool:
    return all(unicodedata.name(character, "").startswith(script) for character in name if character.isalpha())


def check_address(text: str) -> str:
    """Return an address on one line; PersonError when it is empty or too long."""
    address = _one_line(text, field="address", longest=LONGEST_ADDRESS)
    if len(address) < SHORTEST_ADDRESS or not any(character.isalpha() for character in address):
        raise PersonError(N_("Write the whole address: number, street or quarter, and town."), field="address")
    return address


def parse_birth_date(text: str, today: date) -> date:
    """Return a date of birth from 1987-03-12, 12/03/1987 or 12.03.1987; PersonError when it is none, or not yet."""
    born = _day(western_digits(check_text(text, field="birth_date", longest=LONGEST_TYPED)))
    if born is None:
        raise PersonError(
            N_("This is not a date: write day, month and year, for example 12/03/1987."), field="birth_date"
        )
    if born.year < OLDEST_YEAR or born > today:
        raise PersonError(N_("This date of birth cannot be right: look at the card again."), field="birth_date")
    return born


def _day(typed: str) -> date | None:
    day_first, iso = DAY_FIRST.fullmatch(typed), ISO.fullmatch(typed)
    try:
        if day_first:
            return date(int(day_first[3]), int(day_first[2]), int(day_first[1]))
        return date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None
    except ValueError:
        return None


def check_pin(text: str) -> str:
    """Return a PIN of six digits; PersonError when it is not, or when it is one that anybody tries first."""
    if not re.fullmatch(rf"[0-9]{{{PIN_DIGITS}}}", text):
        raise PersonError(N_("A PIN has %(digits)s digits."), field="pin", digits=PIN_DIGITS)
    steps = {int(after) - int(before) for before, after in pairwise(text)}
    if steps in ({0}, {1}, {-1}):
        raise PersonError(
            N_("This PIN is too easy to guess: choose digits that do not follow each other."), field="pin"
        )
    return text


def mask_cnie(cnie: str) -> str:
    """Return a card number with its middle hidden: FA••••56. Always four dots; a short number shows no digit."""
    letters = len(cnie) - len(cnie.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return f"{cnie[:letters]}••••{cnie[-2:] if len(cnie) - letters >= 4 else ''}"


def mask_phone(e164: str) -> str:
    """Return a telephone number of which only the last two digits are seen, as people here write one."""
    if e164.startswith("+212") and len(e164) == 13:
        return f"0{e164[4]} •• •• •• {e164[-2:]}"
    return f"{e164[:3]} •••••• {e164[-2:]}"
