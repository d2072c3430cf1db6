"""`mulhaqa-provision authority sheet`, `backup`, `restore`, `list`: keeping an authority through the years."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from protocol.records.sheet import typed_back
from protocol.records.strongbox import SENSITIVE, Lock, cost_of
from provisioning import authority, authority_backup, files, issuance, lan_authority, passphrases, seal_authority
from provisioning.authority_step import dry_run, of, opened, out, wall_ms, would
from provisioning.issuance import Issued
from provisioning.roots import open_roots, read_sealed, sealed_file
from provisioning.sheet_page import fingerprint, sheet_page

Options = Callable[[argparse.ArgumentParser], None]


def _sheet_options(command: argparse.ArgumentParser) -> None:
    of(command)
    out(command, "the page to print, as in sheet.html")
    passphrases.options(command)
    dry_run(command)
    command.set_defaults(run=_sheet)


def _backup_options(command: argparse.ArgumentParser) -> None:
    of(command)
    out(command, "the backup, as in authority-2027.backup")
    passphrases.options(command)
    dry_run(command)
    command.set_defaults(run=_backup)


def _restore_options(command: argparse.ArgumentParser) -> None:
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--backup", type=Path, metavar="FILE", help="what 'authority backup' wrote")
    source.add_argument(
        "--sheet",
        type=Path,
        metavar="FILE",
        help="the sheet's lines as typed back, or its code's text; - to type them now",
    )
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the authority's folder, made anew")
    passphrases.options(command)
    dry_run(command)
    command.set_defaults(run=_restore)


def _list_options(command: argparse.ArgumentParser) -> None:
    of(command)
    command.add_argument("--kind", help="only this kind, as in annexe")
    command.add_argument("--ends-within", type=int, metavar="DAYS", help="only what ends in so many days, or has ended")
    command.add_argument("--json", action="store_true", help="a line of JSON for each")
    command.set_defaults(run=_list)


COMMANDS: Final[dict[str, tuple[str, Options]]] = {
    "sheet": ("Write the recovery sheet of the roots, to be printed and locked away.", _sheet_options),
    "backup": ("Write the whole folder to one file, sealed with a passphrase, and read it back.", _backup_options),
    "restore": ("Make the folder again from a backup, or its roots from the recovery sheet.", _restore_options),
    "list": ("Tell what was issued, by whom, and until when; and whether the log is whole.", _list_options),
}
"""Name -> what it does, and what adds its options."""


def _sheet(chosen: argparse.Namespace) -> None:
    files.refuse_existing(chosen.out, force=chosen.force)
    if chosen.dry_run:
        return would("the recovery sheet", chosen.out)
    roots, box = opened(chosen)
    page = sheet_page(roots, box, now_ms=wall_ms())
    files.write_private(chosen.out, page.encode(), force=chosen.force)
    print(
        f"{chosen.out} is the recovery sheet: print it on A4 from a browser, try 'authority restore --dry-run' with it,"
    )
    print("and lock it away, not where the passphrase is.")
    return None


def _backup(chosen: argparse.Namespace) -> None:
    files.refuse_existing(chosen.out, force=chosen.force)
    if chosen.dry_run:
        authority.read_root(chosen.authority)
        return would(f"the backup of {chosen.authority}", chosen.out)
    count = authority_backup.backup(chosen.authority, chosen.out, _backup_lock(chosen), os.urandom, force=chosen.force)
    print(f"{chosen.out} holds the {count} files of {chosen.authority}, and was read back.")
    return None


def _backup_lock(chosen: argparse.Namespace) -> Lock:
    """The roots' own passphrase, tried on them; or a new one while the roots are elsewhere."""
    if not sealed_file(chosen.authority).exists():
        print("The roots are not in the folder: this backup is without them.", file=sys.stderr)
        return Lock(passphrases.new_one(chosen), SENSITIVE)
    box, passphrase = read_sealed(chosen.authority), passphrases.chosen_one(chosen)
    open_roots(box, passphrase)
    return Lock(passphrase, cost_of(box))


def _restore(chosen: argparse.Namespace) -> None:
    if chosen.sheet is not None:
        return _restore_sheet(chosen)
    box = files.read(chosen.backup)
    names = authority_backup.restore_backup(chosen.out, box, passphrases.chosen_one(chosen), dry_run=chosen.dry_run)
    if chosen.dry_run:
        return would("an authority", *(chosen.out / name for name in names))
    lines, head = issuance.read(chosen.out)
    print(f"{chosen.out} is restored: {len(names)} files; {len(lines)} lines in its log, the last one's hash {head}.")
    print(f"Fingerprint of the root: {fingerprint(authority.read_root(chosen.out))}")
    return None


def _restore_sheet(chosen: argparse.Namespace) -> None:
    text = sys.stdin.read() if str(chosen.sheet) == "-" else files.read(chosen.sheet).decode("utf-8", "replace")
    box, passphrase = typed_back(text), passphrases.chosen_one(chosen)
    roots = authority_backup.restore_roots(chosen.out, box, passphrase, now_ms=wall_ms(), dry_run=chosen.dry_run)
    print(f"Fingerprint of the root: {fingerprint(roots.credential())}. Compare it with the sheet's.")
    if chosen.dry_run:
        return would(
            "the roots",
            sealed_file(chosen.out),
            *(chosen.out / name for name in (authority.ROOT, seal_authority.ROOT, lan_authority.ROOT)),
        )
    print(f"The roots are in {chosen.out}. Next: mulhaqa-provision authority issuer --authority {chosen.out}")
    return None


def _list(chosen: argparse.Namespace) -> None:
    authority.read_root(chosen.authority)
    lines, head = issuance.read(chosen.authority)
    until = issuance.moment(wall_ms() + chosen.ends_within * 86_400_000) if chosen.ends_within is not None else None
    for line in lines:
        if chosen.kind in {None, line.kind} and (until is None or line.until <= until):
            print(json.dumps(asdict(line), ensure_ascii=False) if chosen.json else _row(line))
    if not chosen.json:
        print(f"{len(lines)} lines, each following the one before; the last one's hash is {head}.")


def _row(line: Issued) -> str:
    epoch = f" epoch {line.epoch}" if line.kind == "annexe" else ""
    return (
        f"{line.at[:10]}  {line.did} {line.kind} {line.holder}{epoch}  until {line.until[:10]}  {line.id}  by {line.by}"
    )
