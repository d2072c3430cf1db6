"""The words of the administration page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices.modem import Modem, SimulatedModem
from protocol.errors import N_
from protocol.office.identity import mask_phone

CONDITIONS: Mapping[str, tuple[str, str]] = {
    "working": ("ready", N_("works")),
    "degraded": ("wait", N_("works badly")),
    "absent": ("refused", N_("not there")),
}
"""A device's condition: colour and word."""

DEVICES: Mapping[str, str] = {"modem": N_("SMS modem"), "seal": N_("Seal of the certificates")}
"""Devices by their stable name; one without a word here is shown by that name."""

OUTBOX: Mapping[str, tuple[str, str]] = {
    "queued": ("sent", N_("prepared")),
    "sending": ("sent", N_("being sent")),
    "waiting": ("wait", N_("to be tried again")),
    "sent": ("ready", N_("sent")),
    "failed": ("refused", N_("could not be told")),
    "told": ("ready", N_("told in person")),
}
"""A message's state: colour and word."""

SENT_BY_SIMULATION = N_("Texts of the simulated modem: no phone received them.")


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that the simulated modem kept, its number masked."""

    at_ms: int
    number: str
    text: str


def sent_texts(modem: Modem) -> Sequence[SentText] | None:
    """Return what a simulated modem "sent", the newest first; None for a real one, which keeps no texts."""
    if not isinstance(modem, SimulatedModem):
        return None
    return [SentText(one.at, mask_phone(one.number), one.text) for one in reversed(modem.messages)]
