"""What people were told, written down by somebody who knows nothing of logs: the measure of everything else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple


@dataclass(slots=True)
class Told:
    """A case as its citizen and the clerks know it: its reference, and which steps somebody saw confirmed."""

    annexe: str
    reference: str
    steps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SeenScan:
    """A scan or a sealed certificate that a clerk saw confirmed: whose it is, its address, the SHA-256 of the file."""

    annexe: str
    case: bytes
    address: bytes
    digest: bytes


class ToldLook(NamedTuple):
    """A day (ISO) on which somebody at the prefecture looked at a case, and that its annexe was told of."""

    annexe: str
    case: bytes
    day: str


@dataclass(slots=True)
class Oracle:
    """Everything that was ever confirmed to a person. `published` counts what the prefecture's staff saw published."""

    cases: dict[bytes, Told] = field(default_factory=dict)
    accounts: dict[bytes, str] = field(default_factory=dict)
    staff: dict[str, str] = field(default_factory=dict)
    published: set[tuple[str, int]] = field(default_factory=set)
    scans: list[SeenScan] = field(default_factory=list)
    looks: set[ToldLook] = field(default_factory=set)
    changes: dict[bytes, Counter[str]] = field(default_factory=dict)

    def account(self, annexe: str, account: bytes) -> None:
        """Somebody saw that his account is open."""
        self.accounts[account] = annexe

    def changed(self, account: bytes, kind: str) -> None:
        """Somebody saw that an account was changed; no kind: nothing of it was news."""
        if kind:
            self.changes.setdefault(account, Counter())[kind] += 1

    def submitted(self, annexe: str, case: bytes, reference: str) -> None:
        """Somebody holds a receipt."""
        self.cases[case] = Told(annexe, reference)

    def scanned(self, case: bytes, address: bytes, data: bytes) -> None:
        """A clerk saw that a scan is in the dossier."""
        self.scans.append(SeenScan(self.cases[case].annexe, case, address, sha256(data).digest()))

    def stepped(self, case: bytes, kind: str) -> None:
        """Somebody saw that a step was taken."""
        self.cases[case].steps.append(kind)

    def added(self, annexe: str, login: str) -> None:
        """An administrator saw that an agent was added."""
        self.staff[login] = annexe
