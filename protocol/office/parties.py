"""Who acts and who asks, as events carry them.

A field that a later release added has a default and is left out while it says nothing new (`omit_defaults`): what an
older release wrote reads the same, and what the newer one writes is the same bytes where nothing of it is used.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

Role: TypeAlias = Literal["citizen", "clerk", "authority", "supervisor", "admin", "system"]
Language: TypeAlias = Literal["ar", "fr"]

Document: TypeAlias = Literal["cnie", "residence_card", "passport", "association", "none"]
"""What an account is known by: the national card; a foreigner's residence card or passport; an association's receipt of
declaration (dahir 1-58-376); or nothing of its own, as a child, who is found through who answers for him."""

Collector: TypeAlias = Literal["applicant", "representative"]
"""Who took a certificate: whom it is for, or who asks for him."""

Capacity: TypeAlias = Literal["guardian", "proxy", "president"]
"""In what capacity someone asks for another: who has the child's legal guardianship (law 70-03, art. 231), the holder
of a power of attorney (D.O.C., art. 879), or who presides over an association."""


class Actor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who did it: his role, his login (a citizen's account in text form), and the names that a page shows."""

    role: Role
    id: str
    name: str
    name_ar: str = ""


class Applicant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whom a request is for, as his account was on that day; `phone` in E.164, `birth_date` ISO.

    `cnie` is the number of his `document`, "" for "none". An association's birth is the day of its declaration.
    `verified`: an official had seen his card by then; if not, it is seen at the latest with the pieces.
    """

    cnie: str
    name_fr: str
    name_ar: str
    phone: str | None
    birth_date: str
    address: str
    document: Document = "cnie"
    verified: bool = False


class Representative(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who asks for the applicant: his card was seen, and the paper that gives him the right (`basis`, as shown).

    `cnie` is the number of his own `document`.
    """

    capacity: Capacity
    cnie: str
    name_fr: str
    name_ar: str
    basis: str
    document: Document = "cnie"


class PieceSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of the catalogue, by its id, and where it came from: "shown" at the counter or "held" by the account."""

    id: str
    provenance: Literal["shown", "held"]
