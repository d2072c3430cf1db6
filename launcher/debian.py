"""Debian's packages: what the product and its tests need that PyPI does not carry.

One table. Root gets what is missing installed; anybody else gets the sentence to type. A machine without apt is told
what to find in its own system's packages.
"""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from launcher.progress import Refusal, Speaker


@dataclass(frozen=True, slots=True)
class Package:
    """A package of Debian: its name, what it is for, and how to know that what it brings is there."""

    name: str
    purpose: str
    present: Callable[[], bool]


def _file(*paths: str) -> Callable[[], bool]:
    return lambda: any(Path(path).exists() for path in paths)


def _program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _library(name: str) -> Callable[[], bool]:
    return lambda: ctypes.util.find_library(name) is not None


def _can_make_environments() -> bool:
    return all(importlib.util.find_spec(module) is not None for module in ("venv", "ensurepip"))


ENVIRONMENT = (Package("python3-venv", "Python environments (venv and pip)", _can_make_environments),)

PRODUCT = (
    Package(
        "fonts-noto-core",
        "the Latin and Tifinagh letters of the papers",
        _file("/usr/share/fonts/truetype/noto/NotoSansTifinagh-Regular.ttf"),
    ),
    Package(
        "fonts-hosny-amiri",
        "the Arabic letters of the papers",
        _file(
            "/usr/share/fonts/opentype/fonts-hosny-amiri/Amiri-Regular.ttf",
            "/usr/share/fonts/truetype/fonts-hosny-amiri/Amiri-Regular.ttf",
        ),
    ),
)

BENCH = (*PRODUCT, Package("wrk", "the load under which pages are measured", _program("wrk")))

TESTS = (
    *BENCH,
    Package("chromium", "the browser of the journeys", _file("/usr/bin/chromium")),
    Package("poppler-utils", "pdfsig and pdftoppm, which read our PDFs independently", _program("pdfsig")),
    Package("libatomic1", "the driver of the browser's journeys", _library("atomic")),
    Package("libnss3-tools", "certutil, which tells pdfsig whom to trust", _program("certutil")),
    Package("iproute2", "ip, which makes the other machines of the tests' networks", _file("/usr/sbin/ip", "/sbin/ip")),
    Package("nftables", "nft, which loses packets in those networks", _program("nft")),
    Package("tinyproxy", "the HTTP proxy of the tests", _program("tinyproxy")),
    Package("dbus", "the private bus of Avahi in those networks", _file("/usr/bin/dbus-daemon")),
    Package("avahi-daemon", "the name service that an annexe is found beside", _file("/usr/sbin/avahi-daemon")),
    Package("avahi-utils", "avahi-browse, which finds annexes independently", _program("avahi-browse")),
    Package(
        "cups-ipp-utils",
        "ippeveprinter, the A4 printer of the tests",
        _file("/usr/sbin/ippeveprinter", "/usr/bin/ippeveprinter"),
    ),
)


def missing(packages: Iterable[Package]) -> list[Package]:
    """Those of `packages` whose contents are not on this machine."""
    return [package for package in packages if not package.present()]


class Installer(Protocol):
    """What installs packages on this machine. Refuses by raising Refusal with what the person should type."""

    def may_install(self, names: list[str]) -> None:
        """Raise Refusal where that is not ours to do."""

    def install(self, names: list[str]) -> None:
        """Install the packages or raise Refusal."""


def provide(packages: Iterable[Package], speaker: Speaker, installer: Installer | None = None) -> None:
    """Install what is missing; raises Refusal with the command to type where that is not ours to do."""
    wanted = missing(packages)
    if not wanted:
        return
    for package in wanted:
        speaker.step(f"needs Debian's {package.name}: {package.purpose}")
    names = [package.name for package in wanted]
    shop = installer or Apt()
    shop.may_install(names)
    speaker.step("installing; this can take minutes")
    shop.install(names)
    left = [package.name for package in missing(wanted)]
    if left:
        raise Refusal(f"{', '.join(left)} was installed, yet what it should bring is not there. Is this Debian?")


class Apt:
    """apt-get, where it exists and we are root."""

    def __init__(self, program: str | None = None, user: int | None = None) -> None:
        self._program = program if program is not None else shutil.which("apt-get")
        self._user = user if user is not None else os.geteuid()

    def may_install(self, names: list[str]) -> None:
        """Refusal with what to type where there is no apt-get, or we are not root."""
        listed = " ".join(names)
        if not self._program:
            raise Refusal(f"This system has no apt-get: install what Debian calls {listed}, then start again.")
        if self._user != 0:
            raise Refusal(
                "Only root may install Debian's packages. Please type:\n"
                f"  sudo apt-get update && sudo apt-get install --no-install-recommends {listed}\nthen start again."
            )

    def install(self, names: list[str]) -> None:
        """Refresh apt's lists and install; Refusal with apt's own last lines where that fails."""
        self._run("update", "-q")
        self._run("install", "-q", "-y", "--no-install-recommends", *names)

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._program), *arguments],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            tail = "\n".join(done.stdout.splitlines()[-15:])
            raise Refusal(f"{tail}\napt-get {arguments[0]} failed: see above, mend it, then start again.")
