"""The words of the administration page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devices import printing
from devices.modem import Modem, SimulatedModem
from edge.services import announced, certificate
from protocol.errors import N_
from protocol.office.identity import mask_phone

CONDITIONS: Mapping[str, tuple[str, str]] = {
    "working": ("ready", N_("works")),
    "degraded": ("wait", N_("works badly")),
    "absent": ("refused", N_("not there")),
}
"""A device's condition: colour and word."""

DEVICES: Mapping[str, str] = {
    "modem": N_("SMS modem"),
    "receipt-printer": N_("Receipt printer"),
    "a4-printer": N_("A4 printer"),
    "lamp": N_("Lamp of the counter"),
    "call-button": N_("Call button"),
    "seal": N_("Seal of the certificates"),
    "discovery": N_("Found on the network"),
}
"""Devices by their stable name; one without a word here is shown by that name."""

WHYS: Mapping[str, str] = {
    printing.NOT_ANSWERING: N_("does not answer"),
    printing.OUT_OF_PAPER: N_("out of paper"),
    printing.PAPER_LOW: N_("paper nearly out"),
    printing.COVER_OPEN: N_("cover open"),
    printing.STOPPED: N_("stopped"),
    printing.BUSY: N_("busy"),
    printing.NOT_CHECKED: N_("not checked yet"),
    "unplugged": N_("unplugged"),
    announced.TAKEN: N_("another machine has this annexe's name: a copied card?"),
    announced.NO_NETWORK: N_("no network: look at the cable"),
    announced.NOT_YET: N_("not announced yet"),
    announced.BESIDE_AVAHI: N_("Avahi answers on this machine too: remove it"),
}
"""Why a device does not work, by its stable phrase; another is shown as the machine said it."""

FLAWS: Mapping[str, str] = {
    "credential-refused": N_("A credential that its issuer had no right to give"),
    "not-a-credential": N_("No credential"),
}
"""What is wrong with a record of the prefecture, by the kind of the refusal."""

OTHER_FLAW = N_("Something else than its kind says")

CERTIFICATE: Mapping[str, str] = {
    certificate.FAILED: N_(
        "A new certificate could not be made; the one that there is goes on. It is tried again every few seconds. If "
        "it stays so, call the prefecture."
    ),
    certificate.AUTHORITY_ENDED: N_(
        "What makes the certificates has ended: browsers refuse the screens. Ask the prefecture for a newer seed of "
        "this appliance, and let it be taken here."
    ),
    certificate.AUTHORITY_ENDS: N_(
        "What makes the certificates ends soon. Ask the prefecture for a newer seed of this appliance before that day."
    ),
}
"""What is wrong with the certificate of the screens, and what to do."""

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


BRANCHES = {
    "same-machine": N_(
        "The storage of this appliance was put back to an earlier state, and it wrote on before what it had lost came "
        "back. Everything of both is kept. Look at the requests that are in conflict; nothing else needs to be done."
    ),
    "original": N_(
        "Another machine writes in the name of this annexe: its memory card was copied. This appliance looks like the "
        "original. Find the other machine, switch it off and destroy its card. Everything that it wrote is kept."
    ),
    "copy": N_(
        "This appliance continues what another machine began, and that one wrote on too: this looks like the copy. If "
        "it has taken the other's place, see that the other stays switched off; if not, switch this one off."
    ),
    "succession": N_(
        "A standby took over before it held all that the other appliance had written. Everything of both is kept. Look "
        "at the requests that are in conflict; nothing else needs to be done."
    ),
    "elsewhere": N_(
        "Two other machines wrote in the name of this annexe. Everything that they wrote is kept. See that this "
        "appliance alone is in use, and that the cards of the others are destroyed."
    ),
}
"""What a branch of the log means and what to do, by what this appliance looks like beside it."""
