"""What a record of the prefecture's feeds may say, beyond the form of its event.

A record that was signed and chained rightly may still say what nobody can act on. Whoever reads the feed keeps it, lets
it have no effect, says so, and goes on: it is one record, and those behind it are sound.
"""

from __future__ import annotations

from datetime import date

from protocol.errors import PeerError
from protocol.office.events import CalendarPublished, CredentialPublished, Event, RevocationsPublished
from protocol.records.credentials import parse_credential
from protocol.records.encoding import Value

MOST = (1 << 63) - 1
"""The largest number that both ends' databases keep; the encoding has larger ones."""


class ContentRefused(PeerError):
    """What a record of the prefecture publishes is not what it should be."""

    kind = "content-refused"


def check_published(value: Value, event: Event) -> None:
    """Check what an event, whose encoded form is `value`, publishes. Raises PeerError."""
    if not _fits(value):
        raise ContentRefused("A published record holds a number that no database here keeps.")
    match event:
        case CredentialPublished():
            parse_credential(event.credential)
        case CalendarPublished():
            _check_days(event)
        case RevocationsPublished() if not 0 <= event.part < event.parts:
            raise ContentRefused("A published part of a list of void certificates is none of its parts.")
        case _:
            pass


def _fits(value: Value) -> bool:
    if isinstance(value, dict):
        return all(map(_fits, value.values()))
    if isinstance(value, list):
        return all(map(_fits, value))
    return not isinstance(value, int) or value <= MOST


def _check_days(event: CalendarPublished) -> None:
    try:
        for holiday in event.holidays:
            date.fromisoformat(holiday.day)
    except ValueError as error:
        raise ContentRefused("A published holiday is no day of the calendar.") from error
