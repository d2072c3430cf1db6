"""The seal on a PDF file: PAdES, baseline level B-B (ETSI EN 319 142-1), by pyHanko.

- The file that Typst made stays as it is; the signature is an incremental update after it, so its PDF/A form is kept.
- The signature field is invisible: what a person reads on paper is the QR code beside the room for stamp and signature.
- The time comes from outside and the ECDSA signature is deterministic (RFC 6979), as is the file's identifier, so the
  same certificate sealed twice is the same bytes: a crash between sealing and noting it leaves no two papers.
- The seal authority's certificate is embedded, and that of the QR code's key, so that the file alone proves both seals;
  the root is not (who verifies brings his own).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO

from asn1crypto import keys, x509  # type: ignore[import-untyped]  # the package ships no types
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from protocol.errors import CallerError
from protocol.office.seals import SealKeys

FIELD = "Mulhaqa"

RESERVED = 8_192
"""Bytes for the signature, hex-encoded: three certificates of 0.7 kB and a CMS of 0.5 kB take 5 kB of it; a longer
name or one more authority still fits, and a fixed size keeps the file reproducible."""


class _DeterministicSigner(signers.SimpleSigner):
    """Signs ECDSA by RFC 6979; the library's signer draws a random number."""

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: ARG002 - the library's signature
        if digest_algorithm != "sha256":
            raise CallerError("The seal signs SHA-256 digests alone.")
        private = load_der_private_key(self.signing_key.dump(), password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise CallerError("The seal's key is on the curve P-256.")
        return private.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def seal_pdf(pdf: bytes, seals: SealKeys, *, at_ms: int, location: str) -> bytes:
    """Return `pdf` with a PAdES signature over all of it; `location` is the office's town."""
    return asyncio.run(_seal(pdf, seals, datetime.fromtimestamp(at_ms // 1000, UTC), location))


async def _seal(pdf: bytes, seals: SealKeys, moment: datetime, location: str) -> bytes:
    writer = _Writer(BytesIO(pdf))
    writer.name_after(pdf, seals.pades_cert)
    signer = signers.PdfSigner(_metadata(location), signer=_signer(seals))
    session = signer.init_signing_session(writer)
    session.system_time = moment
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
    digest, output = document.digest_tbs_document()
    await document.perform_signature(
        document_digest=digest.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=moment, cades_signed_attrs=CAdESSignedAttrSpec()),
    )
    output.seek(0)
    return bytes(output.read())


def _metadata(location: str) -> signers.PdfSignatureMetadata:
    return signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, location=location
    )


def _signer(seals: SealKeys) -> _DeterministicSigner:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library leaves this one untyped
    store.register_multiple([x509.Certificate.load(certificate) for certificate in (*seals.chain, seals.token_cert)])
    return _DeterministicSigner(
        signing_cert=x509.Certificate.load(seals.pades_cert),
        signing_key=keys.PrivateKeyInfo.load(seals.pades_key),
        cert_registry=store,
        embed_roots=False,
    )


class _Writer(IncrementalPdfFileWriter):
    """An incremental writer that leaves chance and the clock out of the file, where the library lets them in."""

    def _update_meta(self) -> None:
        """Keep title, dates and the archivable form's mark as Typst wrote them: sealing changes none of them."""

    def name_after(self, *parts: bytes) -> None:
        """Set the second half of the file identifier (ISO 32000-1, 14.4), which changes with each revision."""
        identifier = sha256(b"\0".join(sha256(part).digest() for part in parts)).digest()[:16]
        self._document_id[1] = generic.ByteStringObject(identifier)
