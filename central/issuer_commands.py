"""`mulhaqa-central issuer`: keep the issuer that the root made for this server, and renew by it what ends soon."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from central.installation import open_installation
from central.issuer import held_issuer, keep_issuer
from central.opening import now_ms, opened_centre
from central.renewing import due, renew_due
from protocol.errors import OperatorError
from protocol.records.credentials import Credential

Options = Callable[[argparse.ArgumentParser], None]


def _install_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("file", type=Path, help="what mulhaqa-provision authority centre-issuer made; destroy it then")
    sub.set_defaults(run=_install)


def _renew_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--dry-run", action="store_true", help="only tell what would be renewed")
    sub.set_defaults(run=_renew)


COMMANDS: Mapping[str, tuple[str, Options]] = {
    "install": ("Keep this server's issuer, sealed, and publish its credential.", _install_options),
    "renew": ("Renew what ends soon; the running server does so by itself each hour.", _renew_options),
}
"""Name -> what it does, and what adds its options."""


async def _install(chosen: argparse.Namespace) -> int:
    try:
        data = chosen.file.read_bytes()
    except OSError as error:
        raise OperatorError(f"{chosen.file} cannot be read: {error.strerror}.") from error
    installation = open_installation(chosen.data)
    async with opened_centre(installation, now_ms, os.urandom) as centre:
        issuer = keep_issuer(installation, data, centre.trust)
        await centre.publish_credentials([issuer.credential])
    kinds, end = ", ".join(issuer.credential.rights), _day(issuer.credential.not_after)
    print(f"This server renews {kinds} in {issuer.credential.area} until {end}; {chosen.file} can be destroyed.")
    return 0


async def _renew(chosen: argparse.Namespace) -> int:
    installation = open_installation(chosen.data)
    issuer = held_issuer(installation)
    if issuer is None:
        raise OperatorError("This server holds no issuer: give it one with mulhaqa-central issuer install.")
    async with opened_centre(installation, now_ms, os.urandom) as centre:
        renewed: Sequence[Credential]
        renewed = await due(centre, issuer, now_ms()) if chosen.dry_run else await renew_due(centre, issuer)
    for one in renewed:
        print(f"{one.kind} {one.holder} epoch {one.epoch}: until {_day(one.not_after)}")
    print(f"{len(renewed)} {'would be ' if chosen.dry_run else ''}renewed.")
    return 0


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()
