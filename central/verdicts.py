"""What `mulhaqa-central verify` says: the verdict as lines to read, or as one line of JSON for scripts."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from central.published_keys import PublishedKeys
from central.revocation_list import RevocationList
from central.sealed_files import MAX_PDF
from central.verify import Verdict, verify_pdf, verify_text
from protocol.errors import OperatorError
from protocol.office.attestation import CARD, PREFIX, Claims
from protocol.office.calendar import local_date


def judge(what: str, published: PublishedKeys, now_ms: int, revocations: RevocationList | None) -> Verdict:
    """Judge the text of a code, or the file of that name: a PDF, or a text file with the code's text in it.

    OperatorError when it is neither. Call it from a thread (see `central.verify`).
    """
    if what.lstrip().startswith(PREFIX):
        return verify_text(what.strip(), published, now_ms=now_ms, revocations=revocations)
    data = _read(Path(what))
    if data.lstrip().startswith(PREFIX.encode()):
        return verify_text(data.decode("utf-8", "replace").strip(), published, now_ms=now_ms, revocations=revocations)
    return verify_pdf(data, published, now_ms=now_ms, revocations=revocations)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_PDF + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a file's name"
        raise OperatorError(
            f"{path} cannot be read ({why}): name the PDF file, or give the code's whole text in quotes ({PREFIX}...)."
        ) from error


def as_text(verdict: Verdict) -> str:
    """A sentence a line; then what is proven."""
    lines = [str(sentence) for sentence in verdict.sentences]
    if verdict.claims is not None:
        claims = verdict.claims
        facts = {
            "reference": claims.reference,
            "certificate": claims.serial,
            "procedure": claims.procedure,
            "annexe": claims.annexe,
            "issued": str(local_date(claims.issued_ms)),
            "valid until": str(local_date(claims.expires_ms)) if claims.expires_ms is not None else "no end",
            "name": f"{claims.name_fr} / {claims.name_ar}",
            **_numbers(claims),
            "born": claims.birth_date,
            "address": claims.address,
            **claims.details,
        }
        lines += [f"  {name}: {fact}" for name, fact in facts.items()]
    return "\n".join(lines)


def _numbers(claims: Claims) -> dict[str, str]:
    """What the person is known by, and who asked for him."""
    by = claims.represented_by
    named = {"CNIE" if claims.document == CARD else claims.document: claims.cnie}
    if by is None:
        return named
    number = f"{'CNIE' if by.document == CARD else by.document} {by.cnie}"
    return {**named, f"asked by ({by.capacity})": f"{by.name_fr} / {by.name_ar}, {number}"}


def as_json(verdict: Verdict) -> str:
    """One line: {"genuine", "kind", "sentences", "expired", "seal_ended", "void", "revocations", "claims"}.

    "void": {"cause": "annulled" or "replaced", "since_ms"}, or null; "revocations": the list that it rests on, or null.
    """
    held = verdict.revocations
    return json.dumps(
        {
            "genuine": verdict.good,
            "kind": verdict.kind.value,
            "sentences": [str(sentence) for sentence in verdict.sentences],
            "expired": verdict.expired,
            "seal_ended": verdict.seal_ended,
            "void": asdict(verdict.void) if verdict.void is not None else None,
            "revocations": {"number": held.number, "issued_ms": held.issued_ms, "next_update_ms": held.next_update_ms}
            if held is not None
            else None,
            "claims": asdict(verdict.claims) if verdict.claims is not None else None,
        },
        ensure_ascii=False,
    )
