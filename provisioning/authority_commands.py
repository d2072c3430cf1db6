"""`mulhaqa-provision authority ...`: the roots of a prefecture, what they sign, their backup, and what was issued.

Whatever opens the roots asks for their passphrase, and each command that makes something tells with --dry-run what.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from protocol.errors import OperatorError
from protocol.records.credentials import Trust, parse_credential
from protocol.records.strongbox import DEMO, SENSITIVE, Lock, cost_of
from provisioning import authority, authority_keeping, files, issuance, lan_authority, passphrases, seal_authority
from provisioning.authority import ISSUER_DAYS, ISSUER_RIGHTS, Limits
from provisioning.authority_step import day, dry_run, of, opened, out, wall_ms, would
from provisioning.issuance import Issued
from provisioning.lan_authority import fingerprint as lan_fingerprint
from provisioning.roots import Roots, open_roots, read_sealed, sealed_file
from provisioning.sheet_page import fingerprint

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
    dry_run(command)
    command.add_argument("--force", action="store_true", help="replace what is there, for good")
    command.set_defaults(run=_init)


def _issuer_options(command: argparse.ArgumentParser) -> None:
    of(command)
    _limit_options(command, ISSUER_RIGHTS)
    passphrases.options(command)
    dry_run(command)
    command.set_defaults(run=_issuer)


def _centre_issuer_options(command: argparse.ArgumentParser) -> None:
    of(command)
    out(command, "the issuer's file (secret), for mulhaqa-central issuer install")
    _limit_options(command, CENTRE_KINDS)
    passphrases.options(command)
    dry_run(command)
    command.set_defaults(run=_centre_issuer)


def _rotate_options(command: argparse.ArgumentParser) -> None:
    of(command)
    passphrases.options(command)
    dry_run(command)
    command.set_defaults(run=_rotate)


def _vouch_options(command: argparse.ArgumentParser) -> None:
    of(command)
    command.add_argument("credential", type=Path, metavar="FILE", help="the credential, as in berkane-05.credential")
    out(command, "the new one, for mulhaqa-central credentials publish")
    dry_run(command)
    command.set_defaults(run=_vouch)


COMMANDS: Final[dict[str, tuple[str, Options]]] = {
    "init": ("Make the roots, their first issuer and the seal authority in a new folder.", _init_options),
    "issuer": ("Make the issuer of a new year in the place of the one before.", _issuer_options),
    "centre-issuer": ("Make the issuer of a year that the prefecture's server renews with.", _centre_issuer_options),
    "rotate": ("Let a new root follow, signed by the one there is, with an issuer of its own.", _rotate_options),
    "vouch": ("Vouch anew for a credential's key, by the issuer of now and until its end.", _vouch_options),
    **authority_keeping.COMMANDS,
}
"""Name -> what it does, and what adds its options."""


def _limit_options(command: argparse.ArgumentParser, kinds: Sequence[str]) -> None:
    command.add_argument("--kinds", default=",".join(kinds), help=f"what it may vouch for (default: {','.join(kinds)})")
    command.add_argument("--area", default="", help="where it may (default: all of the authority's area)")
    command.add_argument(
        "--days",
        type=int,
        default=ISSUER_DAYS,
        help=f"for how long, at most {LONGEST_ISSUER_DAYS} (default: {ISSUER_DAYS})",
    )


def _init(chosen: argparse.Namespace) -> None:
    made = authority.would_make(chosen.out)
    files.refuse_existing(*made, force=chosen.force)
    if chosen.dry_run:
        return would(f"the roots of {chosen.prefecture}, for the area {chosen.area}, and what they sign", *made)
    now_ms = wall_ms()
    lock = _demo_lock(chosen) if chosen.demo else Lock(passphrases.new_one(chosen), SENSITIVE)
    roots = Roots.draw(chosen.area, chosen.prefecture, now_ms=now_ms, entropy=os.urandom)
    issuer = authority.create(chosen.out, roots, lock, now_ms=now_ms, entropy=os.urandom, force=chosen.force)
    print(
        f"The authority of {chosen.prefecture} is in {chosen.out}; "
        f"its issuer signs until {day(issuer.credential.not_after)}."
    )
    print(f"Fingerprint of the root: {fingerprint(issuer.root)}")
    print(f"Fingerprint of the networks' root, which tablets show (SHA-256): {lan_fingerprint(chosen.out)}")
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
    lacking = [one for one in (seal_authority, lan_authority) if not (chosen.authority / one.KEY).exists()]
    made = [chosen.authority / authority.KEY, chosen.authority / authority.CREDENTIAL]
    made += [path for one in lacking for path in one.files_of(chosen.authority)[1:]]
    if chosen.dry_run:
        authority.read_root(chosen.authority)
        return would(f"an issuer of {', '.join(limits.kinds)} for {limits.days} days", *made)
    roots, _ = opened(chosen)
    now_ms = wall_ms()
    for one in lacking:
        one.create(chosen.authority, roots, now_ms=now_ms, entropy=os.urandom)
    issuer = authority.renew(chosen.authority, roots, limits, now_ms=now_ms, entropy=os.urandom)
    print(f"A new issuer signs until {day(issuer.credential.not_after)}.")
    print(f"Carry {sealed_file(chosen.authority).parent} away again.")


def _centre_issuer(chosen: argparse.Namespace) -> None:
    limits = _limits(chosen)
    files.refuse_existing(chosen.out, force=chosen.force)
    root, now_ms = authority.read_root(chosen.authority), wall_ms()
    if chosen.dry_run:
        return would(f"an issuer of {', '.join(limits.kinds)} for {limits.days} days", chosen.out)
    roots, _ = opened(chosen)
    issuer = authority.make_issuer(roots, root, limits, now_ms=now_ms, entropy=os.urandom)
    issuance.append(chosen.authority, [Issued.credential(issuer.credential, now_ms)])
    secret = {"issuer": issuer.signing.seed, "credential": issuer.credential.encoded()}
    files.write_private_values(chosen.out, secret, force=chosen.force)
    print(f"{chosen.out} (secret) signs until {day(issuer.credential.not_after)}: carry it to the server by hand,")
    print("type mulhaqa-central issuer install there, and destroy the file.")


def _rotate(chosen: argparse.Namespace) -> None:
    folder = chosen.authority
    authority.read_root(folder)
    if chosen.dry_run:
        changed = [folder / name for name in (authority.ROOT, authority.KEY, authority.CREDENTIAL)]
        return would(
            "a root that follows, its bridge from the one there is, and its issuer", sealed_file(folder), *changed
        )
    passphrase, box = passphrases.chosen_one(chosen), read_sealed(folder)
    old, lock = open_roots(box, passphrase), Lock(passphrase, cost_of(box))
    new, issuer = authority.rotate(folder, old, box, lock, now_ms=wall_ms(), entropy=os.urandom)
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
        return would(f"a credential of {new.kind} {new.holder} until {day(new.not_after)}", chosen.out)
    issuance.append(chosen.authority, [Issued.credential(new, wall_ms())])
    files.write_public(chosen.out, new.encoded(), force=chosen.force)
    print(f"{chosen.out} vouches for {new.kind} {new.holder} until {day(new.not_after)}.")
    return None


def _limits(chosen: argparse.Namespace) -> Limits:
    kinds = tuple(sorted({kind.strip() for kind in chosen.kinds.split(",")}))
    if not set(kinds) <= set(ISSUER_RIGHTS):
        raise OperatorError(f"--kinds {chosen.kinds!r}: some of {', '.join(ISSUER_RIGHTS)}, with commas between.")
    if not 1 <= chosen.days <= LONGEST_ISSUER_DAYS:
        raise OperatorError(f"--days {chosen.days}: an issuer signs for 1 to {LONGEST_ISSUER_DAYS} days.")
    return Limits(kinds, chosen.area, chosen.days)
