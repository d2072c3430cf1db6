"""Opening a sealed PDF file: whether the seal holds, who made it, and the text of its QR code.

pyHanko checks the signature (CMS, PAdES, certificate path); what is added here is what "sealed by an annexe" means: one
signature over the whole file, in the one spelling that the press writes. The file comes from strangers: it is bounded,
nothing in it is fetched or run, and what the library trips over is an unreadable file and no crash.
"""

from __future__ import annotations

import asyncio
import logging
import struct
import zlib
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from asn1crypto import cms  # type: ignore[import-untyped]  # the package ships no types
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from central.published_keys import PublishedKeys, annexe_of
from protocol.errors import PeerError
from protocol.office.attestation import PREFIX, TokenError, key_named_by, token_key_id

for library in ("pyhanko", "pyhanko_certvalidator"):
    # They log each refusal with its traceback: for a log that someone set up, not for a person at a terminal.
    logging.getLogger(library).addHandler(logging.NullHandler())

MAX_PDF = 4 * 1024 * 1024
"""Bytes of a file: a certificate has 0.1 MB, a hundred details and another font at most ten times that. A stranger's
upload is refused here, before anything parses it."""


class FileRefused(PeerError):
    """The file is not, or no longer, an annexe's sealed certificate; `kind` says why."""

    kind = "file"


class NotSealed(FileRefused):
    """No PDF, or none that carries the seal of a certificate."""

    kind = "file-not-sealed"


class AlteredFile(FileRefused):
    """Sealed once, and changed or added to since."""

    kind = "file-altered"


class UnknownSigner(FileRefused):
    """Sealed by someone whom the published roots do not know as a seal."""

    kind = "file-unknown-issuer"


class UnreadableFile(FileRefused):
    """So damaged that it cannot be told."""

    kind = "file-unreadable"


_BROKEN = (
    PdfError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, NotImplementedError, AssertionError,
    RecursionError, struct.error, zlib.error, OSError,
)  # fmt: skip
"""What parsers of PDF and ASN.1 raise on bytes that are neither; found by flipping every byte of a sealed file."""


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file whose seal holds: the annexe that its certificate names, the QR code's text, that key's certificate."""

    annexe: str
    token: str
    token_certificate: bytes | None


def open_sealed(data: bytes, published: PublishedKeys) -> SealedFile:
    """Check the seal on `data`; raises NotSealed, AlteredFile, UnknownSigner or UnreadableFile."""
    if len(data) > MAX_PDF or not data.startswith(b"%PDF-"):
        raise NotSealed("The file is no PDF, or larger than any certificate.")
    try:
        reader = PdfFileReader(BytesIO(data), strict=True)
        signature = _only_signature(reader)
        _require_own_spelling(signature, data)
        status = asyncio.run(async_validate_pdf_signature(signature, _context(signature, published)))
        _require_good(status)
        return _sealed(reader, signature, published)
    except _BROKEN as error:
        raise UnreadableFile("The file cannot be read as a sealed PDF.") from error


def _only_signature(reader: PdfFileReader) -> EmbeddedPdfSignature:
    signatures = reader.embedded_signatures
    if not signatures:
        raise NotSealed("The PDF carries no signature.")
    if len(signatures) > 1:
        raise AlteredFile("The PDF carries more than the annexe's one signature.")
    signature: EmbeddedPdfSignature = signatures[0]
    return signature


def _require_own_spelling(signature: EmbeddedPdfSignature, data: bytes) -> None:
    """The signature's container is the one stretch that it cannot cover itself: allow it one spelling."""
    content: bytes = signature.pkcs7_content
    der = cms.ContentInfo.load(content, strict=False)
    encoded = der.dump(force=True)
    padded = encoded + bytes(len(content) - len(encoded))
    start, length, resume, rest = (int(number) for number in signature.byte_range)
    whole = start == 0 and resume + rest == len(data)
    spelt = data[length:resume] == b"<" + padded.hex().upper().encode("ascii") + b">"
    if not (whole and spelt and _plainly_labelled(signature)):
        raise AlteredFile("Something was added after the seal, or its container was rewritten.")


def _plainly_labelled(signature: EmbeddedPdfSignature) -> bool:
    """Tell whether the labels in the container that no signature covers, and no library heeds, are the usual ones."""
    signed, info, signer = signature.signed_data, signature.signer_info, signature.signer_cert
    named = cms.IssuerAndSerialNumber({"issuer": signer.issuer, "serial_number": signer.serial_number})
    algorithms = [algorithm.dump() for algorithm in signed["digest_algorithms"]]
    return bool(
        (signed["version"].native, info["version"].native) == ("v1", "v1")
        and algorithms == [info["digest_algorithm"].dump()]
        and info["sid"].chosen.dump() == named.dump()
    )


def _context(signature: EmbeddedPdfSignature, published: PublishedKeys) -> ValidationContext:
    """Judge certificates at the time that the seal itself gives, and fetch nothing."""
    moment = signature.self_reported_timestamp
    if moment is None:
        raise UnknownSigner("The seal does not say when it was made.")
    return ValidationContext(
        trust_roots=[asn1_certificate(root) for root in published.roots],
        other_certs=[asn1_certificate(authority) for authority in published.authorities],
        moment=moment,
        best_signature_time=moment,
        allow_fetching=False,
        revocation_mode="soft-fail",
        time_tolerance=timedelta(0),
    )


def asn1_certificate(certificate: bytes) -> asn1_x509.Certificate:
    """Return a DER certificate as pyHanko's libraries want it."""
    return asn1_x509.Certificate.load(certificate)


def _require_good(status: PdfSignatureStatus) -> None:
    if not (status.intact and status.valid) or status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        raise AlteredFile("The signature does not hold for this file.")
    if not status.trusted:
        raise UnknownSigner("The signer's certificate does not lead to a published root.")


def _sealed(reader: PdfFileReader, signature: EmbeddedPdfSignature, published: PublishedKeys) -> SealedFile:
    annexe = annexe_of(signature.signer_cert.dump())
    token = str(reader.trailer["/Info"]["/Keywords"]) if "/Info" in reader.trailer else ""
    if annexe is None or not token.startswith(PREFIX):
        raise NotSealed("The file is sealed and is not a certificate of an annexe.")
    return SealedFile(annexe, token, _token_certificate(signature, token, published))


def _token_certificate(signature: EmbeddedPdfSignature, token: str, published: PublishedKeys) -> bytes | None:
    """Find the certificate of the code's key among those that travel with the seal.

    The signature does not cover them: each must be a published authority's, byte for byte, or the one that is looked
    for (which must then verify in its turn).
    """
    travelling = [bytes(certificate.dump()) for certificate in signature.other_embedded_certs]
    strangers = [certificate for certificate in travelling if certificate not in published.authorities]
    match strangers:
        case []:
            return None
        case [certificate] if _key_of(certificate) == _key_named_by(token):
            return certificate
    raise AlteredFile("A certificate travels with the seal that does not belong to it.")


def _key_of(certificate: bytes) -> bytes:
    return token_key_id(asn1_certificate(certificate).public_key.dump())


def _key_named_by(token: str) -> bytes | None:
    try:
        return key_named_by(token)
    except TokenError:
        return None
