"""Is this paper ours? What `mulhaqa-central verify` and the public page answer, from published keys and nothing else.

No network, no database, no clock: the bytes, the published keys, the list of void certificates and, where the answer
should tell of expiry, a time come in; a verdict comes out. Anyone can run the same code with the same published things
and get the same answer.

Rules for a text (the QR code): the prefix, the form and the signature hold (`protocol.office.attestation`), and the
key's certificate names the annexe that the claims name.

Rules for a file, each of them a refusal:

- it is a PDF with exactly one signature, and that covers the whole file: nothing was added after it;
- the signature holds, and its container is spelt as the press spells it, so that no byte of the file is free;
- the signer's certificate leads to a published root, held when the seal says it was made, and may commit;
- the QR code's text stands among the file's keywords, holds by itself, and comes from the same annexe.

A certificate that the prefecture's list of void certificates names (`central.revocation_list`) is void, and that is
said before anything else. A list past its next update, or none, takes nothing back; the verdict says so.

A seal whose certificate has ended since still proves what it proved: that is said, and is no refusal. Checking a file
takes tens of milliseconds of computation: call it from a thread, for pyHanko starts an event loop of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from central.published_keys import PublishedKeys, PublishedKeysRefused, annexe_of, ends_ms
from central.revocation_list import RevocationList, Voided
from central.sealed_files import AlteredFile, FileRefused, NotSealed, UnknownSigner, UnreadableFile, open_sealed
from protocol.errors import N_
from protocol.office.attestation import (
    BadTokenSignature,
    Claims,
    NotAToken,
    TokenError,
    TokenTooLarge,
    UnknownTokenKey,
    key_named_by,
    verify_token,
)
from protocol.office.calendar import local_date


class Kind(Enum):
    """The verdict in a word; scripts and the page's colours rely on the values."""

    OK = "ok"
    VOID = "void"
    ALTERED = "altered"
    UNKNOWN_ISSUER = "unknown-issuer"
    NOT_OURS = "not-ours"
    UNREADABLE = "unreadable"


ISSUED = N_("This certificate was issued by the annexe %(annexe)s on %(day)s, and nothing in it was changed.")
ANNULLED = N_("This certificate counts no more: it was annulled on %(day)s. Do not rely on it.")
REPLACED = N_("This certificate counts no more: another took its place on %(day)s. Ask for that one.")
LIST_OVERDUE = N_(
    "The list of void certificates that was at hand should have been renewed by %(day)s: whether this one was made "
    "void since is not known."
)
NO_LIST = N_("No list of void certificates was at hand: whether this one was made void is not known.")
COMPARE = N_("Compare the paper with what stands here: only what stands here is proven.")
NOT_QUALIFIED = N_(
    "The seal proves where the certificate comes from and that it is unchanged. It is not a qualified electronic "
    "signature (law 43-20)."
)
EXPIRED = N_("Its validity ended on %(day)s: ask for a new certificate.")
SEAL_ENDED = N_("The annexe's seal has ended since; the certificate was sealed while it held.")
ALTERED = N_("This certificate was altered after it was sealed: do not rely on it.")
UNKNOWN_ISSUER = N_(
    "It is sealed, but not by an annexe of this prefecture: do not rely on it, ask the annexe that it names."
)
OTHER_ANNEXE = N_("It names one annexe and carries the seal of another: do not rely on it.")
NO_TOKEN = N_("This is not the code of a sealed certificate: scan the code beside the stamp, or type the whole text.")
NO_FILE = N_("This is not a sealed certificate: send the PDF file as the annexe gave it, not a scan or a copy.")
UNREADABLE_TEXT = N_("The code is damaged or not complete: scan it again, or use another copy.")
UNREADABLE_FILE = N_("The file is damaged, or was altered: use another copy.")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A msgid with what fills its places; the screen translates it."""

    message: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.facts if self.facts else self.message


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said. `claims` only where they are proven; `expired` and `seal_ended` only if a time was given.

    `void`: why and since when it counts no more; `revocations`: the list that this rests on.
    """

    kind: Kind
    sentences: tuple[Sentence, ...]
    claims: Claims | None = None
    expired: bool = False
    seal_ended: bool = False
    void: Voided | None = None
    revocations: RevocationList | None = None

    @property
    def good(self) -> bool:
        """Tell whether the certificate is genuine and was not made void; it may still have expired."""
        return self.kind is Kind.OK


def verify_text(
    text: str, published: PublishedKeys, *, now_ms: int | None = None, revocations: RevocationList | None = None
) -> Verdict:
    """Judge the text of a QR code, as scanned or typed (line breaks do not count)."""
    return _judge_token("".join(text.splitlines()), published, now_ms, revocations)


def verify_pdf(
    data: bytes, published: PublishedKeys, *, now_ms: int | None = None, revocations: RevocationList | None = None
) -> Verdict:
    """Judge a PDF file; call it from a thread."""
    try:
        sealed = open_sealed(data, published)
        keys = published if sealed.token_certificate is None else published.with_seal(sealed.token_certificate)
    except PublishedKeysRefused:
        return _said(Kind.ALTERED, ALTERED)
    except FileRefused as refused:
        return _said(*_FILE_VERDICTS[refused.kind])
    verdict = _judge_token(sealed.token, keys, now_ms, revocations)
    if verdict.claims is not None and verdict.claims.annexe != sealed.annexe:
        return _said(Kind.UNKNOWN_ISSUER, OTHER_ANNEXE)
    return verdict


_FILE_VERDICTS: Mapping[str, tuple[Kind, str]] = {
    NotSealed.kind: (Kind.NOT_OURS, NO_FILE),
    AlteredFile.kind: (Kind.ALTERED, ALTERED),
    UnknownSigner.kind: (Kind.UNKNOWN_ISSUER, UNKNOWN_ISSUER),
    UnreadableFile.kind: (Kind.UNREADABLE, UNREADABLE_FILE),
}


def _judge_token(
    text: str, published: PublishedKeys, now_ms: int | None, revocations: RevocationList | None
) -> Verdict:
    try:
        claims = verify_token(text, published.token_keys())
        certificate = published.seals[key_named_by(text)]
    except (NotAToken, TokenTooLarge):
        return _said(Kind.NOT_OURS, NO_TOKEN)
    except UnknownTokenKey:
        return _said(Kind.UNKNOWN_ISSUER, UNKNOWN_ISSUER)
    except BadTokenSignature:
        return _said(Kind.ALTERED, ALTERED)
    except TokenError:
        return _said(Kind.UNREADABLE, UNREADABLE_TEXT)
    if annexe_of(certificate) != claims.annexe:
        return _said(Kind.UNKNOWN_ISSUER, OTHER_ANNEXE)
    return _genuine(claims, certificate, now_ms, revocations)


def _genuine(claims: Claims, certificate: bytes, now_ms: int | None, revocations: RevocationList | None) -> Verdict:
    expired = now_ms is not None and claims.expired(now_ms)
    seal_ended = now_ms is not None and now_ms >= ends_ms(certificate)
    void = revocations.void.get(claims.serial) if revocations else None
    sentences = [*_void_sentences(void), Sentence(ISSUED, {"annexe": claims.annexe, "day": _day(claims.issued_ms)})]
    sentences.append(Sentence(COMPARE))
    if expired and claims.expires_ms is not None:
        sentences.append(Sentence(EXPIRED, {"day": _day(claims.expires_ms)}))
    if seal_ended:
        sentences.append(Sentence(SEAL_ENDED))
    sentences += [*_list_sentences(revocations, now_ms), Sentence(NOT_QUALIFIED)]
    kind = Kind.OK if void is None else Kind.VOID
    return Verdict(kind, tuple(sentences), claims, expired, seal_ended, void, revocations)


def _void_sentences(void: Voided | None) -> list[Sentence]:
    if void is None:
        return []
    return [Sentence(ANNULLED if void.cause == "annulled" else REPLACED, {"day": _day(void.since_ms)})]


def _list_sentences(revocations: RevocationList | None, now_ms: int | None) -> list[Sentence]:
    """How far the answer may rest on the list: a newer one should be had, or there was none."""
    if revocations is None:
        return [Sentence(NO_LIST)]
    if now_ms is not None and revocations.overdue(now_ms):
        return [Sentence(LIST_OVERDUE, {"day": _day(revocations.next_update_ms)})]
    return []


def _said(kind: Kind, message: str) -> Verdict:
    return Verdict(kind, (Sentence(message),))


def _day(ms: int) -> str:
    return local_date(ms).strftime("%d/%m/%Y")
