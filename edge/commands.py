"""`mulhaqa-edge`: the commands of one annexe's appliance.

Exit codes: 0 done, 1 something must be mended (a sentence says what), 2 the command was typed wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from edge import journal
from edge.appliance import ApplianceSettings, run
from edge.custody.here import FIRST, keeper_here
from edge.custody_command import CUSTODY, custody_options, first_way, new_way_options
from edge.custody_typing import terminal
from edge.equipment import read_settings
from edge.installation import install, open_installation, plain_key, renew, require_installed
from edge.link_settings import read_link
from edge.neighbours import neighbours
from edge.networks import lan_addresses
from edge.opening import open_store, opened_office, software_version, take_snapshot, trust_of
from edge.password_command import GIVE, password_options
from edge.private_memory import keep_memory_private
from edge.promote_command import PROMOTE, promote_options
from edge.recover_command import RECOVER, recover_options
from edge.screen_commands import SCREENS, screens_options
from edge.services import staff
from edge.services.office import Settings
from edge.services.retention import SHORTEST_DAYS
from edge.starting import Starting, service_manager
from edge.stick_commands import EXPORT, IMPORT, export_options, import_options
from edge.store.rebuild import rebuild_views
from edge.store.verify import Report, verify_log
from edge.store.verify_scans import verify_scans
from edge.unlocking import unlocked_installation
from edge.where_command import WHERE, where_options
from protocol.errors import MulhaqaError, OperatorError, PersonErrors
from protocol.records.keys import SigningKey

EPILOG = """in this order:
  mulhaqa-edge install --data DIR berkane-05.seed     (from mulhaqa-provision seed)
  mulhaqa-edge add-staff --data DIR --login samira --role clerk ... --password-stdin
  mulhaqa-edge run --data DIR
  mulhaqa-edge screens pair --data DIR --kind admin   (the first screen; it pairs the others)

Each command explains itself:  mulhaqa-edge run --help
Exit codes: 0 done, 1 something must be mended (a sentence says what), 2 the command was typed wrongly.
"""

RENEW = (
    "Take a newer seed of this same machine, stopped: its seals, what it certifies its screens with, its addresses. "
    "The log stays as it is."
)
DISCOVER = "List the annexes that announce themselves on this network: where, which version, which certificate."


MADE_BETWEEN_LOOKS = 10_000
"""Objects that may be made before the youngest are looked through: some 2 MB at most, a few pages' worth."""


def now_ms() -> int:
    """Return the wall clock in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    chosen = parser().parse_args(argv)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            code: int = runner.run(chosen.run(chosen))
    except PersonErrors as errors:
        return _say(*(str(error) for error in errors.errors))
    except MulhaqaError as error:
        return _say(str(error))
    except KeyboardInterrupt:
        return 0
    return code


def _say(*sentences: str) -> int:
    for sentence in sentences:
        print(f"mulhaqa-edge: {sentence}", file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    """Return the command line of `mulhaqa-edge`."""
    whole = argparse.ArgumentParser(
        prog="mulhaqa-edge",
        description="The appliance of one administrative annexe: install it, run it, check it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=software_version())
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--data", type=Path, required=True, metavar="DIR", help="the annexe's data folder")
        return sub

    sub = command("install", "Make the data folder from the signed seed that the prefecture made for this annexe.")
    sub.add_argument("seed", type=Path, help="the seed file; destroy it once it is installed")
    sub.add_argument(
        "--custody", choices=FIRST, metavar="WAY",
        help="how the vault's key is kept: see mulhaqa-edge custody add --help (default: a plain file on the card)",
    )  # fmt: skip
    new_way_options(sub)
    sub.set_defaults(run=_install)
    sub = command("renew", RENEW)
    sub.add_argument("seed", type=Path, help="the newer seed; destroy it once it is taken")
    sub.set_defaults(run=_renew)
    _run_options(command("run", "Serve the annexe's screens and sync with the prefecture until stopped."))
    _staff_options(command("add-staff", "Add an agent who signs in with a login and a password."))
    password_options(command("give-password", GIVE))
    screens_options(commands.add_parser("screens", help=SCREENS, description=SCREENS))
    export_options(command("export", EXPORT))
    import_options(command("import", IMPORT))
    where_options(command("where", WHERE))
    promote_options(command("promote", PROMOTE))
    recover_options(command("recover", RECOVER))
    sub = command("rebuild-views", "Delete what the screens read and fold it again from the log.")
    sub.set_defaults(run=_rebuild)
    sub = command("verify-log", "Check every record: form, hash, signature, chain, seal, and the views against a fold.")
    sub.set_defaults(run=_verify)
    custody_options(commands.add_parser("custody", help=CUSTODY, description=CUSTODY))
    _discover_options(commands.add_parser("discover", help=DISCOVER, description=DISCOVER))
    return whole


def _discover_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--seconds", type=_seconds, default=3.0, help="how long to listen (default: 3)")
    sub.add_argument("--json", action="store_true", help="one JSON object a line")
    sub.add_argument("--on", action="append", default=[], metavar="IFACE", help="listen on this interface alone")
    sub.set_defaults(run=_discover)


def _run_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--host", default="127.0.0.1", help="address to serve on (default: this machine only)")
    sub.add_argument("--port", type=int, default=8080, help="port to serve on (default: 8080)")
    sub.add_argument(
        "--origin", type=_address, default="",
        help="canonical address of the screens (default: https://ANNEXE.annexe.internal; with --plain-http "
        "http://localhost:PORT)",
    )  # fmt: skip
    sub.add_argument(
        "--plain-http", action="store_true", help="serve without TLS, to this machine alone: for demonstrations, tests"
    )
    sub.add_argument(
        "--install-port", type=int, metavar="PORT",
        help="where tablets get the root, by plain HTTP, and are sent to the screens: 80 (default: nowhere)",
    )  # fmt: skip
    sub.add_argument(
        "--undo-seconds", type=_seconds, default=60.0, help="how long a decision can be taken back (default: 60)"
    )
    sub.add_argument(
        "--keep-scans-days", type=_days, metavar="DAYS",
        help="delete scans so many days after their request is over, here and at the prefecture (default: keep them)",
    )  # fmt: skip
    sub.add_argument(
        "--centre-url", type=_address, default="", help="where the prefecture is, if not where the seed says"
    )
    sub.add_argument(
        "--verify-url", type=_address, default="", help="where new papers are checked, if not where the seed says"
    )
    sub.add_argument(
        "--follow", type=_address, default="", metavar="URL", help="of a standby: where the annexe's appliance serves"
    )
    sub.add_argument(
        "--medium", type=Path, metavar="DIR", help="where a second medium (USB SSD) is mounted: the log follows there"
    )
    sub.add_argument(
        "--link", default="", metavar="FILE",
        help="the link's settings: proxy, caps, certificate (default: link.toml in the data folder)",
    )  # fmt: skip
    sub.add_argument("--no-uplink", action="store_true", help="do not look for the prefecture")
    sub.add_argument(
        "--devices", default="", metavar="FILE",
        help='the devices\' settings (default: devices.toml in the data folder); "simulated" for all of them simulated',
    )  # fmt: skip
    sub.add_argument("--no-announce", action="store_true", help="do not announce the annexe on its own network")
    sub.add_argument(
        "--announce-on", action="append", default=[], metavar="IFACE", help="announce on this interface alone"
    )
    sub.add_argument(
        "--sticks", type=Path, metavar="DIR", help="where USB sticks appear, a folder each (default: mounts in /media)"
    )
    sub.set_defaults(run=_serve)


def _seconds(text: str) -> float:
    """Read a number of seconds between none and an hour: later than that, an undo would be another decision."""
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 3600 seconds")
    return seconds


def _days(text: str) -> int:
    """Read for how long scans are kept: longer than an appeal may take."""
    days = int(text)
    if days < SHORTEST_DAYS:
        raise argparse.ArgumentTypeError(f"{text} is less than {SHORTEST_DAYS} days: an appeal could still come")
    return days


def _address(text: str) -> str:
    """Read an address of the web; none at all is the default."""
    address = urlsplit(text)
    if text and (address.scheme not in {"http", "https"} or not address.netloc):
        raise argparse.ArgumentTypeError(f"{text} is no address: it begins with http:// or https://")
    return text


def _staff_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--login", required=True, help="what is typed to sign in, as in samira")
    sub.add_argument("--role", required=True, choices=staff.ROLES, help="what this person may do")
    sub.add_argument("--name-fr", required=True, metavar="NAME", help="first and last name in Latin letters")
    sub.add_argument("--name-ar", required=True, metavar="NAME", help="first and last name in Arabic letters")
    sub.add_argument("--language", choices=("ar", "fr"), default="ar", help="of the screens (default: ar)")
    sub.add_argument(
        "--password-stdin", action="store_true", required=True, help="read the password from standard input"
    )
    sub.set_defaults(run=_add_staff)


def _seed(chosen: argparse.Namespace) -> bytes:
    try:
        seed: bytes = chosen.seed.read_bytes()
    except OSError as error:
        raise OperatorError(f"The seed {chosen.seed} cannot be read: {error.strerror}.") from error
    return seed


async def _renew(chosen: argparse.Namespace) -> int:
    seed = renew(open_installation(chosen.data, terminal()), _seed(chosen)).seed
    print(f"The newer seed of {seed.annexe_id} is taken: start the appliance again, and destroy {chosen.seed}.")
    return 0


async def _install(chosen: argparse.Namespace) -> int:
    new_key = plain_key if chosen.custody is None else first_way(chosen.custody, chosen)
    installation = install(chosen.data, _seed(chosen), os.urandom, new_key)
    store = await open_store(installation, now_ms, os.urandom)
    try:
        taken = await take_snapshot(installation, store)
    finally:
        await store.close()
    print(f"{installation.seed.annexe_id} is installed in {chosen.data}, with {taken} records of the prefecture.")
    return 0


async def _serve(chosen: argparse.Namespace) -> int:
    settings = ApplianceSettings(
        host=chosen.host,
        port=chosen.port,
        origin=chosen.origin,
        plain=chosen.plain_http,
        install_port=chosen.install_port,
        uplink=not chosen.no_uplink,
        centre_url=chosen.centre_url,
        verify_url=chosen.verify_url,
        follow=chosen.follow,
        medium=chosen.medium,
        announce=not chosen.no_announce,
        announce_on=tuple(chosen.announce_on),
        sticks=chosen.sticks,
        link=read_link(chosen.link, chosen.data),
        devices=read_settings(chosen.devices, chosen.data),
        office=Settings(undo_ms=round(chosen.undo_seconds * 1000), scans_kept_days=chosen.keep_scans_days),
    )
    require_installed(chosen.data)
    keeper = keeper_here(chosen.data, chosen.sticks)
    _collect_seldom()
    journal.configure()  # once nothing typed is wrong: until then a person reads, and no journal
    keep_memory_private()
    starting = Starting(time.monotonic, service_manager(os.environ.get("NOTIFY_SOCKET")))
    installation = await unlocked_installation(
        chosen.data, keeper, place=settings.place, now=now_ms, entropy=os.urandom, starting=starting
    )
    if installation is None:
        return 0
    await run(installation, settings, now_ms, os.urandom, starting)
    return 0


def _collect_seldom() -> None:
    """Let Python look for cycles in what was made lately less often, and never in the code that was loaded.

    A page makes thousands of objects and hardly a cycle: by its own measure Python would look after each half page.
    """
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN_LOOKS)


async def _discover(chosen: argparse.Namespace) -> int:
    found = await neighbours(chosen.seconds, lan_addresses(named=chosen.on))
    if not found:
        return _say("No annexe answers on this network. Is its appliance on, and is this machine on the same network?")
    for one in found:
        if chosen.json:
            print(json.dumps({**asdict(one), "url": one.url}))
        else:
            print(f"{one.annexe:20} {one.url:32} {one.host:28} {one.version:12} {one.certificate[:16]}".rstrip())
    return 0


async def _add_staff(chosen: argparse.Namespace) -> int:
    form = staff.StaffForm(
        login=chosen.login,
        name_fr=chosen.name_fr,
        name_ar=chosen.name_ar,
        role=chosen.role,
        password=sys.stdin.readline().rstrip("\n"),
        language=chosen.language,
    )
    async with opened_office(open_installation(chosen.data, terminal()), now_ms, os.urandom) as office:
        await staff.add(office, office.command(), form)
    print(f"{chosen.login} is added ({chosen.role}).")
    return 0


async def _rebuild(chosen: argparse.Namespace) -> int:
    store = await open_store(open_installation(chosen.data, terminal()), now_ms, os.urandom)
    try:
        folded = await rebuild_views(store)
    finally:
        await store.close()
    print(f"The views are folded anew from {folded} records.")
    return 0


async def _verify(chosen: argparse.Namespace) -> int:
    installation = open_installation(chosen.data, terminal())
    own = SigningKey(installation.seed.signing_seed).public
    report = await verify_log(chosen.data, vault=installation.vault, trust=trust_of(installation), own=own)
    _show(report)
    scans = await verify_scans(chosen.data)
    print(f"{scans.named} scans")
    for address in scans.unsound:
        print(f"NOT WHOLE: scan {address}: it comes back while the prefecture is connected, or is scanned again")
    return 0 if report.sound and not scans.unsound else 1


def _show(report: Report) -> None:
    for stream, count in sorted(report.records.items()):
        print(f"{stream}: {count} records")
    print(f"{report.segments} segments, {report.branches} branches, {report.keys} keys, {report.blobs} files")
    if report.unopened:
        print(f"{report.unopened} records whose key is not held")
    for finding in report.findings:
        print(f"NOT SOUND: {finding.place}: {finding.what}")
    print("The log is sound." if report.sound else "The log is not sound: keep this disk, and call the prefecture.")
