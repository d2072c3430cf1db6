"""What all events share: they are frozen, closed, and tagged with their kind.

A field added by a later release follows the rule of `parties`: a default, left out while it says nothing new.
"""

from __future__ import annotations

import msgspec

from protocol.office.parties import Actor


class BaseEvent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", omit_defaults=True
):
    """Any event: strict, with `kind` as its tag."""


class BaseCaseEvent(BaseEvent, frozen=True, kw_only=True):
    """An event about a case: `follows` are the hashes of the case's heads, `by` is who did it."""

    follows: list[bytes]
    by: Actor
