"""`mulhaqa-central revocations`: publish the list of void certificates if it is due, write it out, or check one."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from central.installation import Installation, open_installation
from central.opening import opened_centre
from central.revocation_list import RevocationList, read_list
from central.revoking import keep_revocations
from disk.durable import write_durably
from protocol.errors import OperatorError
from protocol.office.calendar import local_date, local_time
from protocol.records.credentials import parse_credential

SAYS = "Publish the list of void certificates if it is due; write it out, or check one from elsewhere."
SHOWN = 0o644


def options(sub: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    sub.add_argument("--data", type=Path, metavar="DIR", help="the prefecture's data folder")
    sub.add_argument("--out", type=Path, metavar="FILE", help="write the list, as /verify/revocations gives it")
    sub.add_argument("--check", type=Path, metavar="FILE", help="check a list instead; needs no network")
    sub.add_argument("--root", type=Path, metavar="FILE", help="check by this root.credential (default: our own)")
    sub.set_defaults(run=run)


async def run(chosen: argparse.Namespace) -> int:
    """Publish, export or check; 1 when a list that was checked should have been renewed."""
    return _check(chosen) if chosen.check else await _publish(chosen)


async def _publish(chosen: argparse.Namespace) -> int:
    installation = _installation(chosen)
    async with opened_centre(installation, _now_ms, os.urandom) as centre:
        published = await keep_revocations(centre, installation.revocations)
    held, document = installation.revocations.current(), installation.revocations.document()
    if held is None or document is None:
        raise OperatorError("The list was published and cannot be read again: look at the data folder's disk.")
    print("Published." if published else "It stood there already.")
    if chosen.out:
        try:
            write_durably(chosen.out, document, mode=SHOWN)
        except OSError as error:
            raise OperatorError(f"{chosen.out} cannot be written: {error.strerror}.") from error
    _tell(held)
    return 0


def _installation(chosen: argparse.Namespace) -> Installation:
    if chosen.data is None:
        raise OperatorError(
            "Name the prefecture's data folder with --data, or a list and a root: --check FILE --root FILE."
        )
    return open_installation(chosen.data)


def _check(chosen: argparse.Namespace) -> int:
    root = parse_credential(_read(chosen.root)) if chosen.root else _installation(chosen).root
    held = read_list(_read(chosen.check), root)
    print(f"{chosen.check} is a list of this prefecture, whole and unchanged.")
    _tell(held)
    if held.overdue(_now_ms()):
        print("It should have been renewed: fetch the newest from the prefecture's address /verify/revocations.")
        return 1
    return 0


def _tell(held: RevocationList) -> None:
    print(f"list {held.number} of {_moment(held.issued_ms)}, renewed by {_moment(held.next_update_ms)}")
    print(f"{len(held.void)} certificates count no more")
    for serial, void in sorted(held.void.items()):
        print(f"  {serial}  {void.cause} on {local_date(void.since_ms)}")


def _moment(ms: int) -> str:
    return f"{local_date(ms)} {local_time(ms)}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
