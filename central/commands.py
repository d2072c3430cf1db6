"""`mulhaqa-central`: the commands of the prefecture's server.

Exit codes: 0 done (for `verify`: genuine, for `catalogue check`: may be published), 1 something must be mended, a
sentence says what (for `verify`: not proven genuine, for `catalogue check`: each finding is a line), 2 the command was
typed wrongly, or names a folder without a catalogue in it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import uvloop

from central import (
    calendar_commands,
    credential_commands,
    issuer_commands,
    journal,
    revocation_commands,
    staff,
    stick_commands,
)
from central.admission import admit_annexe
from central.audit_command import AUDIT, audit_options
from central.backup_commands import anyway_options, backup_options, restore_options
from central.catalogue_files import FOLDER, check_catalogue, publish_catalogue, read_catalogue
from central.installation import install, open_installation
from central.opening import now_ms, opened_centre, software_version
from central.passwords import Passwords
from central.server import ServerSettings, run
from central.verdicts import as_json, as_text, judge
from central.where_command import WHERE, where_options
from disk.durable import write_durably
from protocol.errors import MulhaqaError, OperatorError, PersonErrors
from protocol.records.credentials import Credential, parse_credential
from protocol.records.encoding import encode

SHOWN = 0o644

EPILOG = """in this order:
  mulhaqa-central install --data DIR centre.seed                 (from mulhaqa-provision centre)
  mulhaqa-central catalogue publish --data DIR
  mulhaqa-central annexe admit --data DIR berkane-05.credential  (from mulhaqa-provision annexe)
  mulhaqa-central snapshot --data DIR --out all.snapshot         (for mulhaqa-provision seed)
  mulhaqa-central staff add --data DIR --login karim --role officer ... --password-stdin
  mulhaqa-central run --data DIR

Each command explains itself:  mulhaqa-central run --help
Exit codes: 0 done (verify: genuine), 1 something must be mended, a sentence says what (verify: not proven genuine),
2 the command was typed wrongly.
"""


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
        print(f"mulhaqa-central: {sentence}", file=sys.stderr)
    return 1


def parser() -> argparse.ArgumentParser:
    """The command line of `mulhaqa-central`."""
    whole = argparse.ArgumentParser(
        prog="mulhaqa-central",
        description="The prefecture's server: install it, run it, publish to its annexes.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole.add_argument("--version", action="version", version=software_version())
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    _install_options(_command(commands, "install", "Make the data folder from the signed seed of this server."))
    _run_options(_command(commands, "run", "Take in what the annexes send and serve the pages until stopped."))
    catalogue = _group(commands, "catalogue", "The catalogue of procedures.")
    _check_options(_bare(catalogue, "check", "Find what keeps the catalogue from being published, a line a finding."))
    _publish_options(_command(catalogue, "publish", "Check the catalogue and publish what is new to every annexe."))
    calendar = _group(commands, "calendar", "The days on which no annexe works.")
    for name, (text, options) in calendar_commands.COMMANDS.items():
        options(_command(calendar, name, text))
    annexe = _group(commands, "annexe", "The annexes.")
    _admit_options(_command(annexe, "admit", "Let an annexe in: its credential, and the seal of its codes."))
    issuer = _group(commands, "issuer", "The issuer that this server holds, and what it renews.")
    for name, (text, options) in issuer_commands.COMMANDS.items():
        options(_command(issuer, name, text))
    vouched = _group(commands, "credentials", "Who is vouched for, and published so.")
    for name, (text, options) in credential_commands.COMMANDS.items():
        options(_command(vouched, name, text))
    _snapshot_options(_command(commands, "snapshot", "Write all that is published, for the seed of a new annexe."))
    where_options(_command(commands, "where", WHERE))
    audit_options(_command(commands, "audit", AUDIT))
    people = _group(commands, "staff", "Those who sign in at the prefecture.")
    _staff_options(_command(people, "add", "Add somebody who signs in with a login and a password."))
    backup_options(_command(commands, "backup", "Write everything of DIR to one sealed file; the server may run."))
    restore_options(_command(commands, "restore", "Make a new DIR from a backup, or rehearse that it can be made."))
    stick_commands.export_options(_command(commands, "export", stick_commands.EXPORT))
    stick_commands.import_options(_command(commands, "import", stick_commands.IMPORT))
    anyway_options(_command(commands, "publish-anyway", "After a restoration: publish before an annexe was heard."))
    says = revocation_commands.SAYS
    revocation_commands.options(commands.add_parser("revocations", help=says, description=says))
    _verify_options(_command(commands, "verify", "Tell whether a certificate is genuine: its PDF, or its QR text."))
    return whole


def _group(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    return commands.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="COMMAND")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    sub = _bare(commands, name, text)
    sub.add_argument("--data", type=Path, required=True, metavar="DIR", help="the prefecture's data folder")
    return sub


def _bare(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    """A command that needs no prefecture."""
    return commands.add_parser(name, help=text, description=text)


def _install_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("seed", type=Path, help="the seed file; destroy it once it is installed")
    sub.set_defaults(run=_install)


def _run_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--host", default="127.0.0.1", help="address to serve on (default: this machine only)")
    sub.add_argument("--port", type=int, default=8081, help="port to serve on (default: 8081)")
    sub.add_argument("--database", metavar="URL", help="another database than the data folder's own (SQLAlchemy URL)")
    sub.set_defaults(run=_serve)


def _check_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="the .yaml files (default: our own)")
    sub.set_defaults(run=_check)


def _publish_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help="the .yaml files (default: our own)")
    sub.set_defaults(run=_publish)


def _admit_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("credential", type=Path, help="the annexe's .credential file, from mulhaqa-provision annexe")
    sub.add_argument("--seal", type=Path, metavar="FILE", help="its seal's certificate (default: .seal.der beside it)")
    sub.add_argument("--issuer", type=Path, metavar="FILE", help="the issuer's credential, if it is a new issuer")
    sub.set_defaults(run=_admit)


def _snapshot_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--out", type=Path, required=True, metavar="FILE", help="the snapshot, as in all.snapshot")
    sub.set_defaults(run=_snapshot)


def _staff_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--login", required=True, help="what is typed to sign in, as in samira")
    sub.add_argument("--role", required=True, choices=staff.ROLES, help="what this person may do")
    sub.add_argument("--name-fr", required=True, metavar="NAME", help="first and last name in Latin letters")
    sub.add_argument("--name-ar", required=True, metavar="NAME", help="first and last name in Arabic letters")
    sub.add_argument("--language", choices=staff.LANGUAGES, default="ar", help="of the screens (default: ar)")
    sub.add_argument(
        "--password-stdin", action="store_true", required=True, help="read the password from standard input"
    )
    sub.set_defaults(run=_add_staff)


def _verify_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("what", metavar="FILE-or-TEXT", help="a PDF file, or the text of a QR code (MLQ1:...)")
    sub.add_argument("--json", action="store_true", help="say it in one line of JSON")
    sub.set_defaults(run=_verify)


async def _install(chosen: argparse.Namespace) -> int:
    installation = install(chosen.data, _read(chosen.seed), os.urandom)
    async with opened_centre(installation, now_ms, os.urandom) as centre:
        await centre.publish_credentials([installation.root, *reversed(installation.chain)])
    print(f"{installation.seed.centre_id} is installed in {chosen.data}; the seed can be destroyed.")
    return 0


async def _serve(chosen: argparse.Namespace) -> int:
    installation = open_installation(chosen.data)
    journal.configure()
    await run(installation, ServerSettings(chosen.host, chosen.port, chosen.database), now_ms, os.urandom)
    return 0


async def _check(chosen: argparse.Namespace) -> int:
    try:
        checked = check_catalogue(chosen.folder)
    except OperatorError as error:
        _say(str(error))
        return 2
    for finding in checked.findings:
        print(finding)
    print(f"{len(checked.procedures)} procedures read, {len(checked.findings)} findings.")
    return 1 if checked.findings else 0


async def _publish(chosen: argparse.Namespace) -> int:
    procedures = read_catalogue(chosen.folder)
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        published = await publish_catalogue(centre, procedures)
    for named in published.new:
        print(f"published: {named}")
    print(f"{len(published.new)} published, {len(published.known)} stood there already.")
    return 0


async def _admit(chosen: argparse.Namespace) -> int:
    installation = open_installation(chosen.data)
    credential = _credential(chosen.credential)
    issuer = _credential(chosen.issuer) if chosen.issuer else None
    beside: Path = chosen.credential.with_suffix(".seal.der")
    seal = _seal(chosen.seal, beside)
    async with opened_centre(installation, now_ms, os.urandom) as centre:
        new = await admit_annexe(centre, installation.papers, credential, issuer=issuer, seal=seal)
    print(f"{credential.holder} is admitted{'' if new else ' already'}.")
    if seal is None:
        print(f"Its seal is not: codes of its papers cannot be checked until you admit it with --seal {beside.name}.")
    return 0


def _seal(named: Path | None, beside: Path) -> bytes | None:
    """The certificate of the annexe's seal: the file that was named, else the one beside its credential."""
    return _read(named or beside) if named or beside.exists() else None


async def _snapshot(chosen: argparse.Namespace) -> int:
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        records = await centre.feeds.snapshot()
    try:
        write_durably(chosen.out, encode(list(records)), mode=SHOWN)
    except OSError as error:
        raise OperatorError(f"{chosen.out} cannot be written: {error.strerror}.") from error
    print(f"{chosen.out} holds {len(records)} records.")
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
    installation = open_installation(chosen.data)
    async with opened_centre(installation, now_ms, os.urandom) as centre:
        people = staff.Staff(centre.store, centre.identity.id, Passwords(os.urandom), now_ms)
        await people.add(form)
    print(f"{chosen.login} is added ({chosen.role}).")
    return 0


async def _verify(chosen: argparse.Namespace) -> int:
    installation = open_installation(chosen.data)
    published, revocations = installation.papers.current(), installation.revocations.current()
    verdict = await asyncio.to_thread(judge, chosen.what, published, now_ms(), revocations)
    print(as_json(verdict) if chosen.json else as_text(verdict))
    return 0 if verdict.good else 1


def _credential(path: Path) -> Credential:
    return parse_credential(_read(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
