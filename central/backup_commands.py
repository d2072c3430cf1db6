"""`mulhaqa-central backup` and `restore`, as the prefecture's IT types them."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from central.backup import Restored, make_backup, restore_backup
from central.installation import open_installation
from central.opening import now_ms, opened_centre


def backup_options(sub: argparse.ArgumentParser) -> None:
    """The options of `backup`."""
    sub.add_argument("--out", type=Path, required=True, metavar="FILE", help="the backup, a file that is not there yet")
    _passphrase(sub)
    sub.set_defaults(run=_backup)


def restore_options(sub: argparse.ArgumentParser) -> None:
    """The options of `restore`."""
    sub.add_argument("backup", type=Path, metavar="FILE", help="the backup")
    sub.add_argument("--rehearse", action="store_true", help="restore beside DIR, look at it, and take it away again")
    _passphrase(sub)
    sub.set_defaults(run=_restore)


def anyway_options(sub: argparse.ArgumentParser) -> None:
    """The options of `publish-anyway`."""
    sub.set_defaults(run=_publish_anyway)


async def _publish_anyway(chosen: argparse.Namespace) -> int:
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        if await centre.returned.heard():
            print("It publishes again. What was published after the backup, and comes back later, makes a branch.")
        else:
            print("It waits for nobody: nothing was restored, or an annexe was heard since.")
    return 0


def _passphrase(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "--passphrase-stdin", action="store_true", required=True, help="read the passphrase from standard input"
    )


def _read_passphrase() -> str:
    return sys.stdin.readline().rstrip("\n")


async def _backup(chosen: argparse.Namespace) -> int:
    passphrase = _read_passphrase()
    size = await asyncio.to_thread(make_backup, chosen.data, chosen.out, passphrase, os.urandom, _show_progress)
    print(f"{chosen.out} holds the whole prefecture, {size:,} bytes. Rehearse it: mulhaqa-central restore --rehearse.")
    return 0


async def _restore(chosen: argparse.Namespace) -> int:
    passphrase = _read_passphrase()
    if chosen.rehearse:
        chosen.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".rehearsal-", dir=chosen.data) as folder:
            found = await asyncio.to_thread(restore_backup, chosen.backup, Path(folder) / "restored", passphrase)
        print(f"The backup is good: {_words(found)}. Nothing was kept.")
        return 0
    found = await asyncio.to_thread(restore_backup, chosen.backup, chosen.data, passphrase)
    print(f"{chosen.data} is restored: {_words(found)}. Start it with mulhaqa-central run; what its annexes sent since")
    print("then they send again, and what was published since they give back: only then is anything new published.")
    return 0


def _words(found: Restored) -> str:
    return f"{found.centre}, {found.records:,} records, {found.requests:,} requests"


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and total:
        end = "\n" if done == total else ""
        print(f"\r{100 * done // total:3d} % of the database copied", end=end, file=sys.stderr, flush=True)
