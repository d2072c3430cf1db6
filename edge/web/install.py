"""What is served without TLS: the page with which a tablet gets the root, and the way to the screens. Nothing else.

An application of its own, on a port of its own (80): no session, no form, no cookie, nothing of the office.

- Whatever else is asked for is sent to the canonical origin. Where that is comes from the settings, never from what the
  browser sent (`Host`): nobody is led elsewhere from here.
- A form that is sent here is refused and not forwarded: its words have crossed the network in the clear already.
- Whoever sits between could change this page too. So it says to compare what the *tablet* shows of the root with the
  paper of the prefecture, and not with the page.
"""

from __future__ import annotations

import plistlib
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from edge.services.office import AnnexeProfile
from screens import pages, security
from screens.access_log import READS, Handler, access_log
from screens.pages import SITE, STANDING, Area, Standing

TEMPLATES: Final = Path(__file__).parent / "templates"
AREA: Final = Area("install", "install/layout.html", 60_000, "/install")
PAGES: Final = {"/install": "ar", "/install/fr": "fr"}
"""One address a language: a cookie to remember it would cross the network in the clear."""

CERTIFICATE, PROFILE = "mulhaqa.crt", "mulhaqa.mobileconfig"


def build(
    annexe: AnnexeProfile, root: bytes, now: Callable[[], int], entropy: Callable[[int], bytes]
) -> web.Application:
    """Return the application; `root`: what is installed (X.509, DER). Everybody else is sent to `annexe.origin`."""
    app = web.Application(client_max_size=1)  # nothing that is sent here is read
    app[READS] = Counter()
    app.on_response_prepare.append(security.add_headers)
    app.middlewares.extend([access_log, _standing, security.errors])
    pages.setup(
        app,
        areas=[AREA],
        folders=[TEMPLATES],
        now=now,
        entropy=entropy,
        context=lambda _request: _context(annexe, root),
        remembers_language=False,
    )
    for path in PAGES:
        app.router.add_get(path, show)
    app.router.add_get(f"/install/{CERTIFICATE}", _file(_pem(root), "application/x-x509-ca-cert", CERTIFICATE))
    app.router.add_get(f"/install/{PROFILE}", _file(profile(root), "application/x-apple-aspen-config", PROFILE))
    app.router.add_get("/{tail:.*}", _to(annexe.origin))
    return app


async def show(request: web.Request) -> web.StreamResponse:
    """GET /install, /install/fr: how each kind of device installs the root."""
    return pages.render(request, "install/page.html")


def profile(root: bytes) -> bytes:
    """Return an Apple configuration profile with the root in it (Apple, Configuration Profile Reference).

    Its ids follow from the root, so a second installation replaces the first.
    """
    name = f"ma.mulhaqa.root.{fingerprint_of(root)[:16]}"
    held = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{name}.certificate",
        "PayloadUUID": _uuid(root, "certificate"),
        "PayloadDisplayName": "Mulhaqa",
        "PayloadCertificateFileName": CERTIFICATE,
        "PayloadContent": root,
    }
    whole = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": name,
        "PayloadUUID": _uuid(root, "profile"),
        "PayloadDisplayName": "Mulhaqa",
        "PayloadOrganization": _organisation(root),
        "PayloadContent": [held],
    }
    return plistlib.dumps(whole)


@web.middleware
async def _standing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The language of a page is that of its address."""
    tongue = request.app[SITE].languages[PAGES.get(request.path, "ar")]
    request[STANDING] = Standing(None, AREA, tongue)
    return await handler(request)


def _to(origin: str) -> Handler:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        """GET anything else: the same path at the canonical origin, for this once; not cached, for that may change."""
        raise web.HTTPTemporaryRedirect(origin + (pages.own_path(request.path_qs) or "/"))

    return elsewhere


def _file(data: bytes, kind: str, name: str) -> Handler:
    async def give(_request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=data, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )

    return give


def _context(annexe: AnnexeProfile, root: bytes) -> Mapping[str, Any]:
    return {
        "annexe": annexe,
        "fingerprint": grouped(fingerprint_of(root)),
        "certificate": f"/install/{CERTIFICATE}",
        "profile": f"/install/{PROFILE}",
        "tongues": PAGES,
    }


def grouped(fingerprint: str) -> str:
    """Return a fingerprint (hex) as devices show it: "AB:CD:...", a place to break behind each."""
    return ":".join(fingerprint[start : start + 2] for start in range(0, len(fingerprint), 2)).upper()


def fingerprint_of(root: bytes) -> str:
    """Return the SHA-256 of a certificate (DER), hex."""
    return x509.load_der_x509_certificate(root).fingerprint(hashes.SHA256()).hex()


def _uuid(root: bytes, what: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"mulhaqa/{what}/{fingerprint_of(root)}")).upper()


def _organisation(root: bytes) -> str:
    """Whose root it is: "Province de Berkane"."""
    named = x509.load_der_x509_certificate(root).subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return str(named[0].value) if named else "Mulhaqa"


def _pem(root: bytes) -> bytes:
    return x509.load_der_x509_certificate(root).public_bytes(Encoding.PEM)
