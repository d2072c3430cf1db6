"""The certificate of the screens, as the administrator sees it. What makes it is `edge.tls`, outside of the services:
it needs the network and nothing of the office."""

from __future__ import annotations

from dataclasses import dataclass

FAILED = "renewal failed"
AUTHORITY_ENDED = "authority ended"
AUTHORITY_ENDS = "authority ends soon"
"""What is wrong, in stable phrases that the page has words for."""


@dataclass(frozen=True, slots=True)
class CertificateState:
    """`names`: hosts and addresses. Times in ms: until when the certificate holds, and the authority that makes the
    next ones. `fingerprint` and `root`: SHA-256, hex; the root's is what a tablet shows of it. `install`: where a
    tablet gets the root. `wrong`: one of the phrases above, "" when all is well."""

    names: tuple[str, ...]
    until_ms: int
    authority_until_ms: int
    fingerprint: str
    root: str
    install: str
    wrong: str = ""


def plain_on_loopback() -> CertificateState | None:
    """Return the certificate of screens that are served to their own machine alone, without TLS: none."""
    return None
