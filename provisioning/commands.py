"""`mulhaqa-provision`: what the prefecture's IT types to make its authority and the seeds of its machines.

Exit codes: 0 done, 1 something must be mended (a sentence says what), 2 the command was typed wrongly.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from protocol.errors import MulhaqaError, OperatorError
from protocol.office.lan import LanAuthority
from protocol.office.seals import SealKeys
from protocol.office.seed import CentreSeed, Seed, StandbySeed, parse_seed, seed_bytes
from protocol.records.credentials import parse_credential
from protocol.records.encoding import decode
from protocol.records.keys import SigningKey
from provisioning import (
    annexe,
    authority,
    authority_commands,
    dictionary,
    files,
    issuance,
    lan_authority,
    machines,
    seal_authority,
)
from provisioning.certification import Prefecture
from provisioning.issuance import Issued
from provisioning.machines import Machine

ABOUT = "The prefecture's authority, and the signed seeds that its server and its annexes begin with."

EPILOG = """in this order:
  mulhaqa-provision authority init --out AUTHORITY
  mulhaqa-provision centre --authority AUTHORITY --out centre.seed
  mulhaqa-provision annexe --authority AUTHORITY --id berkane-05 --prefix B05 ... --out berkane-05.keys
  mulhaqa-provision seed --authority AUTHORITY --annexe berkane-05.keys ... --out berkane-05.seed

and for a second appliance that can take the first one's place:
  mulhaqa-provision standby --authority AUTHORITY --annexe berkane-05.keys --out berkane-05-standby.keys
  mulhaqa-provision seed --authority AUTHORITY --annexe berkane-05-standby.keys ... --out berkane-05-standby.seed

and for an appliance of before its screens had HTTPS, or whose certificates end:
  mulhaqa-provision lan --authority AUTHORITY --annexe berkane-05.keys
  mulhaqa-provision seed ... --out berkane-05-2.seed     then, on the appliance: mulhaqa-edge renew

Files that hold keys are written readable by you alone, and never over one another unless you add --force.
Each command explains itself:  mulhaqa-provision annexe --help
Exit codes: 0 done, 1 something must be mended (a sentence says what), 2 the command was typed wrongly.
"""

PREFECTURE_FR, PREFECTURE_AR = authority_commands.PREFECTURE, "إقليم بركان"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    chosen = parser().parse_args(arguments)
    try:
        chosen.run(chosen)
    except MulhaqaError as error:
        print(f"mulhaqa-provision: {error}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line of `mulhaqa-provision`."""
    whole = argparse.ArgumentParser(
        prog="mulhaqa-provision",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    authority_commands.options(
        commands.add_parser("authority", help="the prefecture's roots, issuers and seal authority")
    )
    _centre_options(commands.add_parser("centre", help="make the prefecture server's keys, credential and seed"))
    _annexe_options(commands.add_parser("annexe", help="make an annexe's keys, credential and seals"))
    _standby_options(commands.add_parser("standby", help="make the keys of a second appliance of an annexe"))
    _seed_options(commands.add_parser("seed", help="make the signed seed that an appliance is installed from"))
    _lan_options(commands.add_parser("lan", help="make anew what an appliance certifies its screens with"))
    _dictionary_options(commands.add_parser("dictionary", help="train the compression dictionary of records"))
    return whole


def _centre_options(command: argparse.ArgumentParser) -> None:
    command.description = "Makes the server's seed (secret) and, beside it, its credential (to be shown)."
    _from_authority(command)
    command.add_argument("--id", default="prefecture", help="the server's id (default: prefecture)")
    command.add_argument("--name-fr", default=PREFECTURE_FR, help=f"default: {PREFECTURE_FR}")
    command.add_argument("--name-ar", default=PREFECTURE_AR, help=f"default: {PREFECTURE_AR}")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="the seed, as in centre.seed")
    _force(command)
    command.set_defaults(run=_centre)


def _annexe_options(command: argparse.ArgumentParser) -> None:
    command.description = "Makes an annexe's key file (secret) and, beside it, what the prefecture admits."
    _from_authority(command)
    command.add_argument("--id", required=True, help="as in berkane-05")
    command.add_argument("--prefix", required=True, help="what its references begin with, as in B05")
    for name, language in (("name", "the annexe's name"), ("town", "the town"), ("province", "the province")):
        command.add_argument(f"--{name}-fr", required=True, help=f"{language} in French")
        command.add_argument(f"--{name}-ar", required=True, help=f"{language} in Arabic")
    command.add_argument("--prefecture", default=PREFECTURE_FR, help="as it was given to 'authority init'")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="the key file, as in berkane-05.keys")
    _force(command)
    command.set_defaults(run=_annexe)


def _seed_options(command: argparse.ArgumentParser) -> None:
    command.description = "Makes the seed of one annexe: carry it by hand, and destroy it once it is installed."
    _from_authority(command)
    command.add_argument("--annexe", type=Path, required=True, metavar="FILE", help="the annexe's key file")
    command.add_argument("--centre", type=Path, required=True, metavar="FILE", help="the centre's credential")
    command.add_argument("--centre-url", required=True, metavar="URL", help="where the annexe finds the prefecture")
    command.add_argument("--verify-url", required=True, metavar="URL", help="where papers are checked; printed on them")
    command.add_argument("--snapshot", type=Path, metavar="FILE", help="what mulhaqa-central snapshot wrote")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="the seed, as in berkane-05.seed")
    _force(command)
    command.set_defaults(run=_seed)


def _standby_options(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Makes the key file (secret) of a second appliance of an annexe, for the epoch after that of the first, and "
        "beside it what the prefecture admits. From it 'seed' makes the seed of a standby."
    )
    _from_authority(command)
    command.add_argument("--annexe", type=Path, required=True, metavar="FILE", help="the keys of whom it will follow")
    command.add_argument("--prefecture", default=PREFECTURE_FR, help="as it was given to 'authority init'")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="as in berkane-05-standby.keys")
    _force(command)
    command.set_defaults(run=_standby)


def _lan_options(command: argparse.ArgumentParser) -> None:
    command.description = (
        "Draws a new authority of an appliance's network into its key file: it makes the certificates of its screens. "
        "Then make its seed again with 'seed', and let the appliance take it with mulhaqa-edge renew."
    )
    _from_authority(command)
    command.add_argument("--annexe", type=Path, required=True, metavar="FILE", help="as in berkane-05.keys")
    command.add_argument("--prefecture", default=PREFECTURE_FR, help="as it was given to 'authority init'")
    command.set_defaults(run=_lan)


def _dictionary_options(command: argparse.ArgumentParser) -> None:
    command.description = "Trains the dictionary on synthetic events and writes it as a module; same seed, same bytes."
    command.add_argument("--out", type=Path, default=dictionary.MODULE, metavar="FILE", help="the module to write")
    command.add_argument("--check", action="store_true", help="only tell whether the module is what training gives")
    command.set_defaults(run=_dictionary)


def _from_authority(command: argparse.ArgumentParser) -> None:
    command.add_argument("--authority", type=Path, required=True, metavar="DIR", help="the authority's folder")


def _force(command: argparse.ArgumentParser) -> None:
    command.add_argument("--force", action="store_true", help="replace what is there, for good")


def _centre(chosen: argparse.Namespace) -> None:
    issuer = authority.open_issuer(chosen.authority)
    credential = chosen.out.with_suffix(".credential")
    files.refuse_existing(chosen.out, credential, force=chosen.force)
    machine = machines.make(issuer, "centre", chosen.id, now_ms=_now_ms(), entropy=os.urandom)
    _log(chosen, machine)
    seed = CentreSeed(
        centre_id=chosen.id,
        name_ar=chosen.name_ar,
        name_fr=chosen.name_fr,
        signing_seed=machine.signing_seed,
        opening_seed=machine.opening_seed,
        credential=machine.credential,
        issuer=issuer.credential.encoded(),
        root=issuer.root.encoded(),
        seals=seal_authority.public_certificates(chosen.authority),
    )
    files.write_private(chosen.out, seed_bytes(seed, issuer.signing), force=chosen.force)
    files.write_public(credential, machine.credential, force=chosen.force)
    print(f"{chosen.out} is the server's seed (secret); {credential} is its credential.")


def _annexe(chosen: argparse.Namespace) -> None:
    described = annexe.Description(
        annexe_id=chosen.id,
        prefix=chosen.prefix,
        name_ar=chosen.name_ar,
        name_fr=chosen.name_fr,
        town_ar=chosen.town_ar,
        town_fr=chosen.town_fr,
        province_ar=chosen.province_ar,
        province_fr=chosen.province_fr,
    )
    described.check()
    issuer = authority.open_issuer(chosen.authority)
    annexe.refuse_existing(chosen.out, force=chosen.force)
    now_ms = _now_ms()
    machine = machines.make(issuer, "annexe", chosen.id, now_ms=now_ms, entropy=os.urandom)
    seals = seal_authority.annexe_seals(
        chosen.authority, Prefecture(chosen.prefecture), chosen.id, now_ms=now_ms, entropy=os.urandom
    )
    lan = _lan_of(chosen, chosen.id, now_ms)
    _log(chosen, machine, seals, lan)
    annexe.save(chosen.out, described, machine, seals, lan, force=chosen.force)
    shown = " and ".join(str(path) for path in annexe.public_files(chosen.out))
    print(f"{chosen.out} holds the keys of {chosen.id} (secret); {shown} are for the prefecture.")


def _standby(chosen: argparse.Namespace) -> None:
    """The same annexe, other keys, the next epoch: once promoted it is believed before the machine that it follows."""
    followed = annexe.load(chosen.annexe)
    issuer = authority.open_issuer(chosen.authority)
    annexe.refuse_existing(chosen.out, force=chosen.force)
    now_ms, epoch = _now_ms(), parse_credential(followed.credential).epoch + 1
    machine = machines.make(issuer, "annexe", followed.annexe_id, epoch=epoch, now_ms=now_ms, entropy=os.urandom)
    seals = seal_authority.annexe_seals(
        chosen.authority, Prefecture(chosen.prefecture), followed.annexe_id, now_ms=now_ms, entropy=os.urandom
    )
    lan = _lan_of(chosen, followed.annexe_id, now_ms)
    _log(chosen, machine, seals, lan)
    annexe.save(chosen.out, followed, machine, seals, lan, force=chosen.force)
    shown = " and ".join(str(path) for path in annexe.public_files(chosen.out))
    print(f"{chosen.out} holds the keys of a standby of {followed.annexe_id}, epoch {epoch} (secret).")
    print(f"{shown} are for the prefecture: admit them now, so that the annexe knows the standby's signature in time.")


def _lan(chosen: argparse.Namespace) -> None:
    keys, now_ms = annexe.load(chosen.annexe), _now_ms()
    made = _lan_of(chosen, keys.annexe_id, now_ms)
    area = parse_credential(keys.credential).area
    issuance.append(chosen.authority, [lan_authority.line_of(made, area, now_ms)])
    annexe.add_lan(chosen.annexe, made)
    print(f"{chosen.annexe} has a new authority of its network. Now make its seed again: mulhaqa-provision seed --help")


def _lan_of(chosen: argparse.Namespace, annexe_id: str, now_ms: int) -> LanAuthority:
    prefecture = Prefecture(chosen.prefecture)
    return lan_authority.of_appliance(chosen.authority, prefecture, annexe_id, now_ms=now_ms, entropy=os.urandom)


def _log(
    chosen: argparse.Namespace, machine: Machine, seals: SealKeys | None = None, lan: LanAuthority | None = None
) -> None:
    """Write down what is issued, before there is a file of it."""
    credential, now_ms = parse_credential(machine.credential), _now_ms()
    sealed = [] if seals is None else seal_authority.lines_of(chosen.authority, seals, credential.area, now_ms)
    certified = [] if lan is None else [lan_authority.line_of(lan, credential.area, now_ms)]
    issuance.append(chosen.authority, [Issued.credential(credential, now_ms), *sealed, *certified])


def _seed(chosen: argparse.Namespace) -> None:
    issuer = authority.open_issuer(chosen.authority)
    keys = annexe.load(chosen.annexe)
    for option, url in (("--centre-url", chosen.centre_url), ("--verify-url", chosen.verify_url)):
        _check_url(option, url)
    centre = parse_credential(files.read(chosen.centre))
    shape = StandbySeed if parse_credential(keys.credential).epoch > machines.FIRST_EPOCH else Seed
    seed = shape(
        annexe_id=keys.annexe_id,
        prefix=keys.prefix,
        name_ar=keys.name_ar,
        name_fr=keys.name_fr,
        town_ar=keys.town_ar,
        town_fr=keys.town_fr,
        province_ar=keys.province_ar,
        province_fr=keys.province_fr,
        signing_seed=keys.signing_seed,
        opening_seed=keys.opening_seed,
        credential=keys.credential,
        issuer=issuer.credential.encoded(),
        root=issuer.root.encoded(),
        centre=centre.encoded(),
        centre_url=chosen.centre_url,
        verify_url=chosen.verify_url,
        seals=keys.seals,
        snapshot=_snapshot(chosen.snapshot),
        lan=keys.lan,
    )
    files.write_private(chosen.out, _checked(seed, issuer.signing), force=chosen.force)
    whose = f"a standby of {keys.annexe_id}" if shape is StandbySeed else keys.annexe_id
    print(f"{chosen.out} is the seed of {whose}, with {len(seed.snapshot)} records of the prefecture.")


def _checked(seed: Seed, issuer: SigningKey) -> bytes:
    """The seed's bytes, read back as the appliance will read them: a mistake shows here and not in the annexe."""
    data = seed_bytes(seed, issuer)
    parse_seed(data)
    return data


def _check_url(option: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OperatorError(f"{option} {url!r} is no address: write it as in http://prefecture.example:8081")


def _snapshot(path: Path | None) -> list[bytes]:
    if path is None:
        return []
    match decode(files.read(path), max_size=files.MAX_FILE):
        case [*records] if all(isinstance(record, bytes) for record in records):
            return [record for record in records if isinstance(record, bytes)]
        case _:
            raise OperatorError(f"{path} is no snapshot: make one with mulhaqa-central snapshot.")


def _dictionary(chosen: argparse.Namespace) -> None:
    text = dictionary.module_text()
    if not chosen.check:
        chosen.out.write_text(text, encoding="utf-8")
        print(f"{chosen.out} is written: records compress with it from now on.")
    elif chosen.out.read_text(encoding="utf-8") != text:
        raise OperatorError(f"{chosen.out} is not what training gives here: was it edited by hand?")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
