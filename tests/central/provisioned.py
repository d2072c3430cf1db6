"""The files of a prefecture's IT, made by its own commands."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from edge.press.documents import CertificateData
from protocol.office.seals import SealKeys
from protocol.records.keys import SigningKey
from provisioning.annexe import AnnexeKeys, load
from provisioning.commands import main
from tests.edge.press.papers import RESIDENCE

ANNEXE = "berkane-05"


@dataclass(frozen=True)
class Provisioned:
    folder: Path

    @property
    def seed(self) -> Path:
        return self.folder / "centre.seed"

    @property
    def credential(self) -> Path:
        return self.folder / f"{ANNEXE}.credential"

    @property
    def seal(self) -> Path:
        return self.folder / f"{ANNEXE}.seal.der"

    @cached_property
    def annexe(self) -> AnnexeKeys:
        return load(self.folder / f"{ANNEXE}.keys")

    @property
    def signing(self) -> SigningKey:
        return SigningKey(self.annexe.signing_seed)

    @property
    def seals(self) -> SealKeys:
        return SealKeys.from_value(self.annexe.seals)


def provision(folder: Path) -> Provisioned:
    made = Provisioned(folder)
    for words in (
        ["authority", "init", "--demo", "--out", str(folder / "authority")],
        ["centre", "--authority", str(folder / "authority"), "--out", str(made.seed)],
        [
            "annexe", "--authority", str(folder / "authority"), "--id", ANNEXE, "--prefix", "B05",
            "--name-fr", "Annexe 5", "--name-ar", "الملحقة الخامسة", "--town-fr", "Berkane", "--town-ar", "بركان",
            "--province-fr", "Berkane", "--province-ar", "بركان", "--out", str(folder / f"{ANNEXE}.keys"),
        ],
    ):  # fmt: skip
        assert main(words) == 0
    return made


def now_ms() -> int:
    """The wall clock: `mulhaqa-provision` certifies from today on."""
    return time.time_ns() // 1_000_000


def issued_now() -> CertificateData:
    """A certificate of this minute, good for a quarter of a year."""
    return msgspec.structs.replace(RESIDENCE, issued_ms=now_ms(), expires_ms=now_ms() + 90 * 86_400_000)
