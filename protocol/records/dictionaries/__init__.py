"""The dictionaries that events are compressed with, by number. One that was released is never changed or removed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.records.dictionaries import v1, v2

DICTIONARIES: Final[Mapping[int, bytes]] = MappingProxyType({1: v1.DICTIONARY, 2: v2.DICTIONARY})
NEWEST: Final = 2
