"""The two offline roots of a prefecture, and nothing else that is secret: what the passphrase and the sheet protect.

    secret     encode([1, area, prefecture, made (ms), seed(32), seal root made (ms), scalar(32)])
    at rest    offline/roots.sealed = the box of it (protocol.records.strongbox), thing "roots"

- `seed` is the Ed25519 key of credentials, `scalar` the P-256 key of the seals' X.509 root; the key of the networks'
  X.509 root is derived from it (one key has one use).
- All public certificates follow from it, byte for byte: whoever restores the roots from paper has them again.
- The key is never on a disk in the clear; it is in memory for as long as a command runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from protocol.errors import OperatorError
from protocol.records.credentials import Credential, issue
from protocol.records.encoding import decode, encode
from protocol.records.hashing import digest
from protocol.records.keys import SigningKey
from protocol.records.strongbox import BoxRefused, Lock, open_box, seal
from provisioning import certification, files, lan, seals
from provisioning.certification import Authority, Lifetime, Prefecture

VERSION: Final = 1
DAY_MS: Final = 24 * 60 * 60 * 1000
ROOT_YEARS: Final = 20  # longer than an annexe's hardware; a root is replaced by one that the old root signs
SLACK_MS: Final = DAY_MS  # an appliance without a battery clock may be a day behind when it first meets its credential
THING: Final = "roots"

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Roots:
    """The roots, opened. `area`: "berkane"; `prefecture`: as on papers; when each was drawn, in ms."""

    area: str
    prefecture: str
    made_ms: int
    seed: bytes = field(repr=False)
    seal_made_ms: int
    scalar: bytes = field(repr=False)

    @classmethod
    def draw(cls, area: str, prefecture: str, *, now_ms: int, entropy: Entropy) -> Roots:
        """New roots from 72 random bytes."""
        return cls(area, prefecture, now_ms, entropy(32), now_ms, certification.draw_scalar(entropy))

    def successor(self, *, now_ms: int, entropy: Entropy) -> Roots:
        """The same with a new root of credentials; the X.509 root stays, for papers are checked by it for decades."""
        return replace(self, made_ms=now_ms, seed=entropy(32))

    @property
    def signing(self) -> SigningKey:
        """The key that signs issuers, and the root that follows."""
        return SigningKey(self.seed)

    def credential(self) -> Credential:
        """The root's credential, signed by itself."""
        return self.vouched_by(self.signing)

    def vouched_by(self, signing: SigningKey) -> Credential:
        """The root's credential, signed by another root: the bridge to this one for whoever trusts that one."""
        return issue(
            kind="root",
            holder=self.area,
            public=self.signing.public,
            sealing=None,
            area=self.area,
            rights=("issuer",),
            role="",
            epoch=1,
            not_before=self.made_ms - SLACK_MS,
            not_after=self.made_ms + ROOT_YEARS * 366 * DAY_MS,
            signing=signing,
        )

    def seal_root(self) -> Authority:
        """The X.509 root of seals with its key."""
        life = Lifetime.years(self.seal_made_ms - SLACK_MS, seals.ROOT_YEARS)
        return seals.make_root(Prefecture(self.prefecture), certification.key_of(self.scalar), life)

    def lan_root(self) -> Authority:
        """The X.509 root of the annexes' networks, with its key: derived, so that it is in every sheet and backup."""
        life = Lifetime.years(self.seal_made_ms - SLACK_MS, lan.ROOT_YEARS)
        scalar = certification.draw_scalar(lambda size: digest("lan-root", self.scalar, size=size))
        return lan.make_root(Prefecture(self.prefecture), certification.key_of(scalar), life)

    def sealed(self, lock: Lock, entropy: Entropy) -> bytes:
        """The roots as they lie on a disk or stand on the sheet."""
        secret = encode([VERSION, self.area, self.prefecture, self.made_ms, self.seed, self.seal_made_ms, self.scalar])
        return seal(THING, secret, lock, entropy)


def open_roots(box: bytes, passphrase: str) -> Roots:
    """The roots in a box; raises BoxRefused."""
    match decode(open_box(THING, box, passphrase)):
        case [1, str(area), str(prefecture), int(made_ms), bytes(seed), int(seal_made_ms), bytes(scalar)]:
            return Roots(area, prefecture, made_ms, seed, seal_made_ms, scalar)
    raise BoxRefused("These roots were sealed by a later release: use that one.")


def sealed_file(folder: Path) -> Path:
    """Where the sealed roots lie until they are carried away."""
    return folder / "offline" / "roots.sealed"


def earlier_file(folder: Path, roots: Roots) -> Path:
    """Where roots lie that others have followed, until nothing stands on them any more."""
    return folder / "offline" / f"roots-{roots.signing.id.hex()[:8]}.sealed"


def read_sealed(folder: Path) -> bytes:
    """The box of the roots; OperatorError when it was carried away."""
    path = sealed_file(folder)
    if not path.exists():
        raise OperatorError(f"{path} is not there: bring it back from where it is kept, then type the command again.")
    return files.read_private(path)
