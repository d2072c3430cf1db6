"""`mulhaqa-provision authority ...`: the roots of a prefecture, what they sign, their backup, and what was issued.

Whatever opens the roots asks for their passphrase, and each command that makes something tells with --dry-run what.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from protocol.errors import OperatorError
from protocol.records.credentials import Trust, parse_credential
from provisioning import authority, authority_backup, files, issuance, passphrases, seal_authority
from provisioning.authority import ISSUER_DAYS, ISSUER_RIGHTS, Limits
from provisioning.issuance import Issued
from provisioning.roots import Roots, open_roots, read_sealed, sealed_file
from provisioning.sheet import typed_back
from provisioning.sheet_page import fingerprint, sheet_page
from provisioning.strongbox import DEMO, SENSITIVE, Lock, cost_of

PREFECTURE: Final = "Province de Berkane"
CENTRE_KINDS: Final = ("annexe", "centre")
"""What the server renews by itself: the machines that speak to each other. Agents, seals and screens are for people."""

LONGEST_ISSUER_DAYS: Final = 2 * ISSUER_DAYS
"""An issuer lives online: one that ends later would do the root's work."""

ABOUT: Final = (
    "The prefecture's roots, kept offline under a passphrase; the yearly issuer and the seal authority that they sign; "
    "their backup and recovery sheet; and what was issued."
)

Options = Callable[[argparse.ArgumentParser], None]


def options(command: argparse.ArgumentParser) -> None:
    """The commands of `authority`."""
    command.description = ABOUT
    commands = command.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, (about, its_options) in COMMANDS.items():
        one = commands.add_parser(name, help=about, description=about)
        its_options(one)


def _init_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the authority's folder")
    command.add_argument("--area", default="berkane", help="what the authority may vouch for (default: berkane)")
    command.add_argument("--prefecture", default=PREFECTURE, help=f"as on papers (default: {PREFECTURE})")
    command.add_argument(
        "--demo", action="store_true",
        help="for demonstrations and tests: draw a passphrase, leave it in a file, and seal with the least cost",
    )  # fmt: skip
    passphrases.options(command)
    _dry_run(command)
    command.add_argument("--force", action="store_true", help="replace what is there, for good")
    command.set_defaults(run=_init)


def _issuer_options(command: argparse.ArgumentParser) -> None:
    _of(command)
    _limit_options(command, ISSUER_RIGHTS)
    passphrases.options(command)
    _dry_run(command)
    command.set_defaults(run=_issuer)


def _centre_issuer_options(command: argparse.ArgumentParser) -> None:
    _of(command)
    _out(command, "the issuer's file (secret), for mulhaqa-central issuer install")
    _limit_options(command, CENTRE_KINDS)
    passphrases.options(command)
    _dry_run(command)
    command.set_defaults(run=_centre_issuer)


def _rotate_options(command: argparse.ArgumentParser) -> None:
    _of(command)
    passphrases.options(command)
    _dry_run(command)
    command.set_defaults(run=_rotate)


def _vouch_options(command: argparse.ArgumentParser) -> None:
    _of(command)
    command.add_argument("credential", type=Path, metavar="FILE", help="the credential, as in berkane-05.credential")
    _out(command, "the new one, for mulhaqa-central credentials publish")
    _dry_run(command)
    command.set_defaults(run=_vouch)


def _sheet_options(command: argparse.ArgumentParser) -> None:
    _of(command)
    _out(command, "the page to print, as in sheet.html")
    passphrases.options(command)
    _dry_run(command)
    command.set_defaults(run=_sheet)


def _backup_options(command: argparse.ArgumentParser) -> None:
    _of(command)
    _out(command, "the backup, as in authority-2027.backup")
    passphrases.options(command)
    _dry_run(command)
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
    _dry_run(command)
    command.set_defaults(run=_restore)


def _list_options(command: argparse.ArgumentParser) -> None:
    _of(command)
    command.add_argument("--kind", help="only this kind, as in annexe")
    command.add_argument("--ends-within", type=int, metavar="DAYS", help="only what ends in so many days, or has ended")
    command.add_argument("--json", action="store_true", help="a line of JSON for each")
    command.set_defaults(run=_list)


COMMANDS: Final[dict[str, tuple[str, Options]]] = {
    "init": ("Make the roots, their first issuer and the seal authority in a new folder.", _init_options),
    "issuer": ("Make the issuer of a new year in the place of the one before.", _issuer_options),
    "centre-issuer": ("Make the issuer of a year that the prefecture's server renews with.", _centre_issuer_options),
    "rotate": ("Let a new root follow, signed by the one there is, with an issuer of its own.", _rotate_options),
    "vouch": ("Vouch anew for a credential's key, by the issuer of now and until its end.", _vouch_options),
    "sheet": ("Write the recovery sheet of the roots, to be printed and locked away.", _sheet_options),
    "backup": ("Write the whole folder to one file, sealed with a passphrase, and read it back.", _backup_options),
    "restore": ("Make the folder again from a backup, or its roots from the recovery sheet.", _restore_options),
    "list": ("Tell what was issued, by whom, and until when; and whether the log is whole.", _list_options),
}


def _limit_options(command: argparse.ArgumentParser, kinds: Sequence[str]) -> None:
    command.add_argument("--kinds", default=",".join(kinds), help=f"what it may vouch for (default: {','.join(kinds)})")
    command.add_argument("--area", default="", help="where it may (default: all of the authority's area)")
    command.add_argument(
        "--days",
        type=int,
        default=ISSUER_DAYS,
        help=f"for how long, at most {LONGEST_ISSUER_DAYS} (default: {ISSUER_DAYS})",
    )


def _of(command: argparse.ArgumentParser) -> None:
    command.add_argument("--authority", type=Path, required=True, metavar="DIR", help="the authority's folder")


def _out(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help=what)
    command.add_argument("--force", action="store_true", help="replace what is there, for good")


def _dry_run(command: argparse.ArgumentParser) -> None:
    command.add_argument("--dry-run", action="store_true", help="only tell what would be made")


def _init(chosen: argparse.Namespace) -> None:
    made = authority.would_make(chosen.out)
    files.refuse_existing(*made, force=chosen.force)
    if chosen.dry_run:
        return _would(f"the roots of {chosen.prefecture}, for the area {chosen.area}, and what they sign", *made)
    now_ms = _now_ms()
    lock = _demo_lock(chosen) if chosen.demo else Lock(passphrases.new_one(chosen), SENSITIVE)
    roots = Roots.draw(chosen.area, chosen.prefecture, now_ms=now_ms, entropy=os.urandom)
    issuer = authority.create(chosen.out, roots, lock, now_ms=now_ms, entropy=os.urandom, force=chosen.force)
    print(
        f"The authority of {chosen.prefecture} is in {chosen.out}; "
        f"its issuer signs until {_day(issuer.credential.not_after)}."
    )
    print(f"Fingerprint of the root: {fingerprint(issuer.root)}")
    print(f"Next: authority sheet, authority backup; then carry {sealed_file(chosen.out).parent} away to a safe place.")


def _demo_lock(chosen: argparse.Namespace) -> Lock:
    """A passphrase that lies beside what it opens: it protects nothing, and everything works as with one that does."""
    lock = Lock(os.urandom(16).hex(), DEMO)
    path = chosen.out / "passphrase.demo"
    files.make_folder(chosen.out)
    files.write_private(path, lock.passphrase.encode(), force=chosen.force)
    print(f"For demonstrations only: the passphrase is in {path}.")
    return lock


def _issuer(chosen: argparse.Namespace) -> None:
    limits = _limits(chosen)
    has_seals = (chosen.authority / seal_authority.KEY).exists()
    made = [chosen.authority / authority.KEY, chosen.authority / authority.CREDENTIAL]
    made += [] if has_seals else list(seal_authority.files_of(chosen.authority))[1:]
    if chosen.dry_run:
        authority.read_root(chosen.authority)
        return _would(f"an issuer of {', '.join(limits.kinds)} for {limits.days} days", *made)
    roots, _ = _opened(chosen)
    now_ms = _now_ms()
    if not has_seals:
        seal_authority.create(chosen.authority, roots, now_ms=now_ms, entropy=os.urandom)
    issuer = authority.renew(chosen.authority, roots, limits, now_ms=now_ms, entropy=os.urandom)
    print(f"A new issuer signs until {_day(issuer.credential.not_after)}.")
    print(f"Carry {sealed_file(chosen.authority).parent} away again.")


def _centre_issuer(chosen: argparse.Namespace) -> None:
    limits = _limits(chosen)
    files.refuse_existing(chosen.out, force=chosen.force)
    root, now_ms = authority.read_root(chosen.authority), _now_ms()
    if chosen.dry_run:
        return _would(f"an issuer of {', '.join(limits.kinds)} for {limits.days} days", chosen.out)
    roots, _ = _opened(chosen)
    issuer = authority.make_issuer(roots, root, limits, now_ms=now_ms, entropy=os.urandom)
    issuance.append(chosen.authority, [Issued.credential(issuer.credential, now_ms)])
    secret = {"issuer": issuer.signing.seed, "credential": issuer.credential.encoded()}
    files.write_private_values(chosen.out, secret, force=chosen.force)
    print(f"{chosen.out} (secret) signs until {_day(issuer.credential.not_after)}: carry it to the server by hand,")
    print("type mulhaqa-central issuer install there, and destroy the file.")


def _rotate(chosen: argparse.Namespace) -> None:
    folder = chosen.authority
    authority.read_root(folder)
    if chosen.dry_run:
        changed = [folder / name for name in (authority.ROOT, authority.KEY, authority.CREDENTIAL)]
        return _would(
            "a root that follows, its bridge from the one there is, and its issuer", sealed_file(folder), *changed
        )
    passphrase, box = passphrases.chosen_one(chosen), read_sealed(folder)
    old, lock = open_roots(box, passphrase), Lock(passphrase, cost_of(box))
    new, issuer = authority.rotate(folder, old, box, lock, now_ms=_now_ms(), entropy=os.urandom)
    print(f"Fingerprint of the new root: {fingerprint(issuer.root)}; the same passphrase opens it.")
    print(f"Publish {authority.bridge_file(folder, new)} and {folder / authority.CREDENTIAL} at the server")
    print(
        "(mulhaqa-central credentials publish), then print a new sheet, make a new backup, and keep the old ones too."
    )


def _vouch(chosen: argparse.Namespace) -> None:
    files.refuse_existing(chosen.out, force=chosen.force)
    issuer, old = authority.open_issuer(chosen.authority), parse_credential(files.read(chosen.credential))
    new = authority.vouch_anew(issuer, old)
    trust = Trust([issuer.root])
    trust.add_all([issuer.credential, new])
    if new.not_after <= old.not_after:
        raise OperatorError("It ends no later than the one there is: make the issuer of a new year first.")
    if chosen.dry_run:
        return _would(f"a credential of {new.kind} {new.holder} until {_day(new.not_after)}", chosen.out)
    issuance.append(chosen.authority, [Issued.credential(new, _now_ms())])
    files.write_public(chosen.out, new.encoded(), force=chosen.force)
    print(f"{chosen.out} vouches for {new.kind} {new.holder} until {_day(new.not_after)}.")
    return None


def _limits(chosen: argparse.Namespace) -> Limits:
    kinds = tuple(sorted({kind.strip() for kind in chosen.kinds.split(",")}))
    if not set(kinds) <= set(ISSUER_RIGHTS):
        raise OperatorError(f"--kinds {chosen.kinds!r}: some of {', '.join(ISSUER_RIGHTS)}, with commas between.")
    if not 1 <= chosen.days <= LONGEST_ISSUER_DAYS:
        raise OperatorError(f"--days {chosen.days}: an issuer signs for 1 to {LONGEST_ISSUER_DAYS} days.")
    return Limits(kinds, chosen.area, chosen.days)


def _sheet(chosen: argparse.Namespace) -> None:
    files.refuse_existing(chosen.out, force=chosen.force)
    if chosen.dry_run:
        return _would("the recovery sheet", chosen.out)
    roots, box = _opened(chosen)
    page = sheet_page(roots, box, now_ms=_now_ms())
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
        return _would(f"the backup of {chosen.authority}", chosen.out)
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
        return _would("an authority", *(chosen.out / name for name in names))
    lines, head = issuance.read(chosen.out)
    print(f"{chosen.out} is restored: {len(names)} files; {len(lines)} lines in its log, the last one's hash {head}.")
    print(f"Fingerprint of the root: {fingerprint(authority.read_root(chosen.out))}")
    return None


def _restore_sheet(chosen: argparse.Namespace) -> None:
    text = sys.stdin.read() if str(chosen.sheet) == "-" else files.read(chosen.sheet).decode("utf-8", "replace")
    box, passphrase = typed_back(text), passphrases.chosen_one(chosen)
    roots = authority_backup.restore_roots(chosen.out, box, passphrase, now_ms=_now_ms(), dry_run=chosen.dry_run)
    print(f"Fingerprint of the root: {fingerprint(roots.credential())}. Compare it with the sheet's.")
    if chosen.dry_run:
        return _would(
            "the roots", sealed_file(chosen.out), chosen.out / authority.ROOT, chosen.out / seal_authority.ROOT
        )
    print(f"The roots are in {chosen.out}. Next: mulhaqa-provision authority issuer --authority {chosen.out}")
    return None


def _list(chosen: argparse.Namespace) -> None:
    authority.read_root(chosen.authority)
    lines, head = issuance.read(chosen.authority)
    until = issuance.moment(_now_ms() + chosen.ends_within * 86_400_000) if chosen.ends_within is not None else None
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


def _opened(chosen: argparse.Namespace) -> tuple[Roots, bytes]:
    authority.read_root(chosen.authority)
    box = read_sealed(chosen.authority)
    return open_roots(box, passphrases.chosen_one(chosen)), box


def _would(what: str, *paths: Path) -> None:
    print(f"This would make {what}:")
    for path in paths:
        print(f"  {path}{' (in the place of what is there)' if path.exists() else ''}")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _day(ms: int) -> str:
    return issuance.moment(ms)[:10]
