"""Whether the annexe can be found on its own network: why not, in stable phrases the screens have words for.

What finds them out is `edge.discovery`, outside of the services: it needs the network and nothing of the office.
"""

from __future__ import annotations

TAKEN = "another machine has this annexe's name"
NO_NETWORK = "no network"
NOT_YET = "not announced yet"
BESIDE_AVAHI = "Avahi answers on this machine too"
