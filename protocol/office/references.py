"""References: what a citizen is handed for his request, short enough to be read out on a telephone.

    B05-7K3MQ-2X9RT     prefix of the annexe, nine random Crockford base-32 symbols, one check character

The check character is ISO 7064 MOD 37,36 over prefix and symbols (digits, then letters, as one alphabet of 36): it
catches every single wrong symbol and every swap of neighbours but those of its two pure weaknesses. A draw whose check
would be I, L, O or U is drawn again, so that a reference holds only symbols that nobody confuses. With 45 random bits
whoever guesses hits one of a million requests once in 35 million tries, each of which must pass the check character.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from protocol.errors import N_, CallerError, PersonError
from protocol.office.folding import western_digits

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SYMBOLS = 9
DRAWS = 100
"""Draws before the source of chance is called broken: one in nine is drawn again, a hundred in a row never are."""

PREFIX = re.compile(r"[A-HJKMNP-TV-Z][0-9]{2}")
SLIPS = str.maketrans("OIL", "011")
FORM = re.compile(rf"({PREFIX.pattern})([{CROCKFORD}]{{10}})")
BETWEEN = re.compile("[\\s\\-\u2010-\u2015\u2212_.\u200e\u200f\u2066-\u2069]")
"""What people, keyboards and copied pages put between symbols: blanks, all sorts of dashes, marks of direction."""

LONGEST = 60
"""Characters of what is typed: a reference with a blank or dash after every symbol and generous margins."""


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
        raise CallerError("an annexe's prefix is a capital letter, but for I, L, O and U, and two digits")
    for _ in range(DRAWS):
        number = int.from_bytes(entropy(6), "big")
        symbols = "".join(CROCKFORD[number >> 5 * place & 31] for place in range(SYMBOLS))
        check = check_character(prefix + symbols)
        if check in CROCKFORD:
            return _written(prefix, symbols + check)
    raise CallerError("the source of random bytes repeats itself")


def _written(prefix: str, ten: str) -> str:
    return f"{prefix}-{ten[:5]}-{ten[5:]}"


def parse(text: str) -> str:
    """Return a reference in its written form, forgiving case, blanks, dashes, and O for 0 or I and L for 1.

    Raises PersonError for what is none, and for one whose check character shows a slip.
    """
    bare = western_digits(BETWEEN.sub("", text)).upper() if len(text) <= LONGEST else ""
    found = FORM.fullmatch(bare[:1] + bare[1:].translate(SLIPS))
    if found is None or check_character(found[1] + found[2][:-1]) != found[2][-1]:
        raise PersonError(
            N_("This is not a reference of a receipt: it looks like B05-7K3MQ-2X9RT. Compare it letter by letter."),
            field="reference",
        )
    return _written(found[1], found[2])
