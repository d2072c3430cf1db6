"""References: what a citizen is handed for his request, short enough to be read out on a telephone.

    B05-7K3MQ-2X9RT     prefix of the annexe, nine random Crockford base-32 symbols, one check character

The check character is ISO 7064 MOD 37,36 over prefix and symbols (digits, then letters, as one alphabet of 36): it
catches every single wrong symbol and every swap of neighbours but those of its two pure weaknesses. A draw whose check
would be I, L, O or U is drawn again, so that a reference holds only symbols that nobody confuses. 45 random bits: an
annexe that opens a thousand requests a day for a hundred years guesses one of them with odds of one in a million.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from protocol.errors import N_, CallerError, PersonError

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SYMBOLS = 9
PREFIX = re.compile(r"[A-Z]\d{2}")
SLIPS = str.maketrans("OIL", "011")
FORM = re.compile(r"([A-Z]\d{2})([0-9A-Z]{10})")
LONGEST = 40
"""Characters that are looked at: a reference with generous blanks and dashes."""


def check_character(text: str) -> str:
    """Return the check character of ISO 7064 MOD 37,36 over `text`, which holds digits and capital letters only."""
    product = 36
    for symbol in text:
        total = (product + ALPHABET.index(symbol)) % 36 or 36
        product = total * 2 % 37
    return ALPHABET[(37 - product) % 36]


def draw(prefix: str, entropy: Callable[[int], bytes]) -> str:
    """Draw a reference for an annexe's `prefix` (a letter and two digits, as "B05") from `entropy(n)` random bytes."""
    if not PREFIX.fullmatch(prefix):
        raise CallerError("an annexe's prefix is a capital letter and two digits")
    while True:
        number = int.from_bytes(entropy(6), "big")
        symbols = "".join(CROCKFORD[number >> 5 * place & 31] for place in range(SYMBOLS))
        check = check_character(prefix + symbols)
        if check in CROCKFORD:
            return _written(prefix, symbols + check)


def _written(prefix: str, ten: str) -> str:
    return f"{prefix}-{ten[:5]}-{ten[5:]}"


def parse(text: str) -> str:
    """Return a reference in its written form, forgiving case, blanks, dashes, and O for 0 or I and L for 1.

    Raises PersonError for what is none, and for one whose check character shows a slip.
    """
    bare = re.sub(r"[^0-9A-Z]", "", text[:LONGEST].upper())
    found = FORM.fullmatch(bare[:1] + bare[1:].translate(SLIPS))
    if found is None or check_character(found[1] + found[2][:-1]) != found[2][-1]:
        raise PersonError(
            N_("This is not a reference of a receipt: it looks like B05-7K3MQ-2X9RT. Compare it letter by letter."),
            field="reference",
        )
    return _written(found[1], found[2])
