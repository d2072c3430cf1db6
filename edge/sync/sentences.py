"""What the administrator reads when the link is not what it should be, and what can be done about it."""

from __future__ import annotations

from protocol.errors import N_

UNREACHABLE = N_("The prefecture cannot be reached. The office works on; what it writes is sent once the link is back.")
REFUSED = N_("The prefecture refuses this annexe: its administrator must look at the annexe's credential.")
PORTAL = N_(
    "Something else answers in the prefecture's place, probably the sign-in page of this network. Open any web page "
    "from this network and sign in there, or ask who runs the network to let the appliance through; then press Dial "
    "now. Nothing of the annexe was sent."
)
INTERCEPTED = N_(
    "The encrypted line ends at a machine that is not the prefecture: this network intercepts it, or the clock of the "
    "appliance is wrong. Sign in to the network if it asks for that, or ask who runs it to let the appliance through; "
    "then press Dial now. Nothing was sent."
)
PROXY_UNREACHABLE = N_(
    "The network's proxy does not answer. Look at its address in the link's settings, or ask who runs the network."
)
PROXY_PASSWORD = N_(
    "The network's proxy wants another name or password: put them right in the file that the link's settings name."
)
PROXY_REFUSED = N_("The network's proxy lets nobody through to the prefecture: ask who runs the network to allow it.")
NOT_TRUSTED = N_(
    "What answers at the prefecture's address could not prove that it is the prefecture. Nothing was sent."
)
DISAGREED = N_("The annexe and the prefecture did not understand each other: both must run a current version.")
FEED_STOPPED = N_(
    "What the prefecture publishes cannot be read here: its administrator must look at it. Requests still reach it."
)
SILENT = N_("The prefecture does not answer any more. It is dialled again.")
CUT = N_("The link to the prefecture was cut. It is dialled again.")
LEFT = N_("The prefecture ended the connection. It is dialled again.")
