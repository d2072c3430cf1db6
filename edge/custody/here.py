"""The ways of this machine: its chip, its sticks, its service manager, its card."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from disk.mounts import mounted_sticks
from edge.custody.credential import SystemdCredential
from edge.custody.keeper import Keeper
from edge.custody.key_file import KEY_NAME, PlainFile
from edge.custody.otp import Otp
from edge.custody.otp_reader import read_otp
from edge.custody.usb import UsbKey
from edge.custody.ways import Way

KINDS = ("otp", "passphrase", "usb", "credential", "file", "recovery")
"""Every kind of slot, as it is typed."""

FIRST = tuple(kind for kind in KINDS if kind != "recovery")
"""Those by which an annexe can start: a sheet is for when all else is gone."""


def ways_here(folder: Path, sticks: Path | None = None) -> Mapping[str, Way]:
    """Those of the data folder `folder`; `sticks`: where sticks appear, if not as Debian mounts them."""
    ways: tuple[Way, ...] = (
        Otp(read_otp),
        UsbKey(lambda: mounted_sticks(sticks)),
        SystemdCredential(os.environ),
        PlainFile(folder / KEY_NAME),
    )
    return {way.kind: way for way in ways}


def keeper_here(folder: Path, sticks: Path | None = None) -> Keeper:
    """The keeper of a data folder on this machine."""
    return Keeper(folder, ways_here(folder, sticks), lambda: time.time_ns() // 1_000_000, os.urandom)
