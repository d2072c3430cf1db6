"""Who signs in an annexe's name, and what speaks against him."""

from __future__ import annotations

from typing import NamedTuple

from protocol.records.credentials import Credential, Standing, Trust
from protocol.records.envelope import Record


class Signer(NamedTuple):
    """Who signs in an annexe's name. `words`: what speaks against him at any time at which his credential is valid."""

    credential: Credential
    words: list[str]


class Signers:
    """Those of one annexe, for one transaction: each is looked up once."""

    def __init__(self, trust: Trust, annexe: str) -> None:
        self._trust = trust
        self._annexe = annexe
        self._known: dict[bytes, Signer | None] = {}

    def of(self, record: Record) -> Signer | None:
        """Who signed; None for somebody who has no credential of this annexe."""
        if record.signer not in self._known:
            self._known[record.signer] = self._find(record.signer)
        return self._known[record.signer]

    def words(self, record: Record) -> list[str]:
        """What speaks against who signed, at the record's time."""
        signer = self.of(record)
        if signer is None:
            return []
        credential, ms = signer.credential, record.time.ms
        if credential.not_before <= ms <= credential.not_after:
            return signer.words
        return standing_words(self._trust.standing(credential, ms))

    def _find(self, key_id: bytes) -> Signer | None:
        credential = self._trust.signer(key_id)
        if credential is None or credential.kind != "annexe" or credential.holder != self._annexe:
            return None
        return Signer(credential, standing_words(self._trust.standing(credential, credential.not_before)))


def standing_words(standing: Standing) -> list[str]:
    """The flags of a credential as words: ["expired"], or none."""
    return [] if standing.good else [name for name, holds in standing._asdict().items() if holds]
