"""An annexe as the prefecture's IT describes it, with its keys: the private file from which its seed is made.

NAME.keys         private: who the annexe is, its keys, its seals, what it certifies its screens with
NAME.credential   to be admitted at the prefecture: `mulhaqa-central annexe admit`
NAME.seal.der     the certificate of its seal of QR codes (X.509), which the prefecture publishes
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from protocol.errors import OperatorError
from protocol.office.lan import LanAuthority
from protocol.office.seals import SealKeys
from protocol.records.encoding import Value
from provisioning import files
from provisioning.machines import Machine

ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
MAX_ID = 32  # it stands in every record's stream name and on every paper
PREFIX = re.compile(r"[A-Z][0-9]{2}")
MAX_NAME = 80  # a line of the certificate's head at its printed size
ARABIC = re.compile(r"[\u0600-\u06ff]")


@dataclass(frozen=True, slots=True)
class Description:
    """Who an annexe is: `id` "berkane-05", `prefix` of its references "B05", its name, town and
    province in both languages."""

    annexe_id: str
    prefix: str
    name_ar: str
    name_fr: str
    town_ar: str
    town_fr: str
    province_ar: str
    province_fr: str

    def check(self) -> None:
        """Raise OperatorError naming the first option that cannot be taken."""
        if len(self.annexe_id) > MAX_ID or not ID.fullmatch(self.annexe_id):
            raise OperatorError(
                f"--id {self.annexe_id!r}: small letters and digits with a hyphen, at most {MAX_ID}, as in berkane-05."
            )
        if not PREFIX.fullmatch(self.prefix):
            raise OperatorError(f"--prefix {self.prefix!r}: one capital letter and two digits, as in B05.")
        for name in ("name", "town", "province"):
            _check_text(f"--{name}-fr", getattr(self, f"{name}_fr"))
            _check_text(f"--{name}-ar", arabic := getattr(self, f"{name}_ar"))
            if not ARABIC.search(arabic):
                raise OperatorError(f"--{name}-ar {arabic!r}: write it in Arabic letters.")


@dataclass(frozen=True, slots=True)
class AnnexeKeys(Description):
    """What `NAME.keys` holds: the description, the machine's keys and credential, its seals, and its
    authority of the LAN."""

    signing_seed: bytes = field(repr=False)
    opening_seed: bytes = field(repr=False)
    credential: bytes
    seals: Value = field(repr=False)
    lan: Value = field(default=None, repr=False)
    """None in a file of before there was one: `mulhaqa-provision lan` adds it."""


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse, before any key is drawn, to write over an annexe's files."""
    files.refuse_existing(path, *public_files(path), force=force)


def public_files(path: Path) -> tuple[Path, Path]:
    """The files beside an annexe's keys that may be shown: its credential, and its seal's certificate."""
    return path.with_suffix(".credential"), path.with_suffix(".seal.der")


def save(
    path: Path, described: Description, machine: Machine, seals: SealKeys, lan: LanAuthority, *, force: bool = False
) -> None:
    """Write the private file, and the public ones beside it."""
    refuse_existing(path, force=force)
    who = {each.name: getattr(described, each.name) for each in fields(Description)}
    values = {**who, **asdict(machine), "seals": seals.to_value(), "lan": lan.to_value()}
    files.write_private_values(path, values, force=force)
    for place, data in zip(public_files(path), (machine.credential, seals.token_cert), strict=True):
        files.write_public(place, data, force=force)


def load(path: Path) -> AnnexeKeys:
    """Read the private file; OperatorError if it is not one that `annexe` made, whole."""
    values: dict[str, Any] = files.read_private_values(path, {each.name for each in fields(AnnexeKeys)}, ["lan"])
    keys = AnnexeKeys(**values)
    keys.check()
    return keys


def add_lan(path: Path, lan: LanAuthority) -> None:
    """Give the private file an authority of the LAN in the place of the one it has, if any."""
    values = {each.name: getattr(load(path), each.name) for each in fields(AnnexeKeys)}
    files.write_private_values(path, {**values, "lan": lan.to_value()}, force=True)


def _check_text(option: str, text: str) -> None:
    if not text.strip() or len(text) > MAX_NAME or not text.isprintable():
        raise OperatorError(f"{option}: one line of 1 to {MAX_NAME} letters, please.")
