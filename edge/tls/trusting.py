"""How a machine of ours believes another's screens: by the root of the annexes' networks, and no other."""

from __future__ import annotations

import ssl

from protocol.office.lan import LanAuthority


def trusting(authority: LanAuthority) -> ssl.SSLContext:
    """Return what a client connects with that trusts the root of `authority` alone: TLS 1.3, names checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority.root)
    return context
