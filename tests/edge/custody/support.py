"""Ways, keepers and their secrets without a Pi, a stick or a service manager: the same shapes in a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.custody.credential import FOLDER, NAME, SystemdCredential
from edge.custody.keeper import Keeper
from edge.custody.key_file import KEY_NAME, PlainFile
from edge.custody.otp import Otp
from edge.custody.usb import UsbKey
from edge.custody.ways import Way
from protocol.records.strongbox import DEMO, Lock
from tests.edge.store.support import Chance

KEY = bytes(range(100, 132))
PHRASE = "quatre pommes vertes sur le toit"
LOCK = Lock(PHRASE, DEMO)
NOW = 1_764_000_000_000


@dataclass
class Machine:
    """What an appliance has besides its card; `folder` is its data folder."""

    root: Path
    rows: bytes = bytes(range(1, 33))
    sticks: list[Path] = field(default_factory=list)
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        """A card, and one stick in it."""
        self.folder = self.root / "card"
        for name in ("card", "stick", "credentials"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.sticks.append(self.root / "stick")
        (self.root / "credentials" / NAME).write_bytes(bytes(range(50, 90)))

    def ways(self) -> Mapping[str, Way]:
        """Every way that needs nobody."""
        ways: tuple[Way, ...] = (
            Otp(lambda: self.rows),
            UsbKey(lambda: self.sticks),
            SystemdCredential({FOLDER: str(self.root / "credentials")}),
            PlainFile(self.folder / KEY_NAME),
        )
        return {way.kind: way for way in ways}

    def keeper(self, chance: Callable[[int], bytes] | None = None) -> Keeper:
        """A keeper, as at a start."""
        return Keeper(self.folder, self.ways(), lambda: NOW, chance or Chance("keeper"))

    def lose(self, kind: str) -> None:
        """What a way needs besides the card is not there."""
        if kind == "otp":
            self.rows = bytes(32)
        elif kind == "usb":
            self.sticks.clear()
        elif kind == "credential":
            (self.root / "credentials" / NAME).unlink()
        else:
            (self.folder / KEY_NAME).unlink()
