"""`mulhaqa-edge custody`: the ways to the vault's key, listed, added, changed and removed (`edge.custody`).

The log is never touched: a way wraps the same key once more, or no more. Each works while the appliance runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from disk.durable import write_durably
from edge.custody.here import KINDS, keeper_here
from edge.custody.keeper import Keeper, Locked, Made
from edge.custody.slots import PASSPHRASE, RECOVERY, TYPED, Slot
from edge.custody_sheet import sheet_page
from edge.custody_typing import chosen_new, from_file, terminal
from edge.installation import Entropy, require_installed, unlocked
from protocol.errors import OperatorError
from protocol.records.strongbox import MODERATE, Lock

CUSTODY: Final = "List, add, change and remove the ways to the key of this annexe's vault; the log is not rewritten."
WAYS: Final = """the ways:
  otp          the Pi's one-time-programmable memory: a stolen card is blind without its board
  passphrase   typed at /admin after each start: a stolen appliance that is off is blind
  usb          a USB key, plugged in at a start and pulled afterwards
  credential   a systemd credential named mulhaqa-vault (LoadCredentialEncrypted=)
  file         a plain file on the card: for demonstrations; a stolen card is read
  recovery     a sheet of paper for the prefecture's safe, for when all else is gone

Any one of them opens the vault. See docs/custody.md."""
NO_SHEET: Final = "No recovery sheet opens this vault: make one (custody add recovery), before the machine breaks."
STILL_FILE: Final = "The plain file still opens the vault: whoever takes the card reads it (custody remove file)."
ALL_TYPED: Final = "Each start now waits for a person who types."


def custody_options(sub: argparse.ArgumentParser) -> None:
    """The commands of `custody`."""
    sub.epilog, sub.formatter_class = WAYS, argparse.RawDescriptionHelpFormatter
    commands = sub.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, text: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name, help=text, description=text, epilog=WAYS, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        made.add_argument("--data", type=Path, required=True, metavar="DIR", help="the annexe's data folder")

        async def soon(chosen: argparse.Namespace) -> int:
            return run(chosen)

        made.set_defaults(run=soon)
        return made

    command("list", "List the ways, and whether each opens now.", _list)
    _writing(_made(command("add", "Let one more way open the vault.", _add))).add_argument(
        "kind", choices=KINDS, help="which way"
    )
    another = "Put a new secret in place of a way's: another passphrase, stick, board, sheet."
    change = _writing(_made(command("change", another, _change)))
    change.add_argument("slot", help="the way, by its kind or the beginning of its id")
    remove = _writing(command("remove", "Let a way open the vault no more; the last one stays.", _remove))
    remove.add_argument("slot", help="the way, by its kind or the beginning of its id")


def _made(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
    new_way_options(sub)
    sub.add_argument("--sheet", type=Path, metavar="FILE", help="where to write the recovery sheet, to be printed")
    sub.add_argument("--passphrase-file", type=Path, metavar="FILE", help="open with the passphrase in this file")
    sub.add_argument("--recovery-sheet", type=Path, metavar="FILE", help="open with the sheet's lines in this file")
    return sub


def new_way_options(sub: argparse.ArgumentParser) -> None:
    """What a new way may need."""
    sub.add_argument("--new-passphrase-file", type=Path, metavar="FILE", help="read the new passphrase in this file")
    sub.add_argument("--sticks", type=Path, metavar="DIR", help="where USB sticks appear (default: mounts in /media)")


def _writing(sub: argparse.ArgumentParser) -> argparse.ArgumentParser:
    sub.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    return sub


def first_way(kind: str, chosen: argparse.Namespace) -> Callable[[Path, Entropy], bytes]:
    """What draws the key of a new installation, with one way to it."""

    def new_key(folder: Path, entropy: Entropy) -> bytes:
        key = entropy(32)
        keeper_here(folder, chosen.sticks).add(kind, key, _lock(kind, chosen))
        return key

    return new_key


def _list(chosen: argparse.Namespace) -> int:
    keeper = _keeper(chosen)
    for slot in _slots(keeper):
        made = f"{datetime.fromtimestamp(slot.made_ms / 1000, UTC):%Y-%m-%d}"
        print(f"{slot.id}  {slot.kind:12} since {made}  {_state(keeper, slot)}")
    _warn(_slots(keeper))
    return 0


def _state(keeper: Keeper, slot: Slot) -> str:
    if slot.kind in TYPED:
        return "typed by a person"
    if not slot.id:
        return "opens now"
    try:
        keeper.key_in(slot)
    except OperatorError as error:
        return f"does not open now: {error}"
    return "opens now"


def _add(chosen: argparse.Namespace) -> int:
    keeper, kind = _keeper(chosen), chosen.kind
    _require_sheet(kind, chosen)
    key = _key(keeper, chosen)
    if chosen.dry_run:
        keeper.rehearse(kind)
        print(f"Nothing was changed. One more way would open the vault: {kind}.")
        return 0
    made = keeper.add(kind, key, _lock(kind, chosen))
    _keep_sheet(made, _annexe(chosen, key), chosen)
    print(f"{made.slot.id}: {kind} opens the vault from now on.")
    _warn(_slots(keeper))
    return 0


def _change(chosen: argparse.Namespace) -> int:
    keeper = _keeper(chosen)
    old = _found(keeper, chosen.slot)
    if old.kind == "file":
        raise OperatorError("A plain file is not changed: add another way (custody add), then custody remove file.")
    _require_sheet(old.kind, chosen)
    key = _key(keeper, chosen)
    if chosen.dry_run:
        keeper.rehearse(old.kind)
        print(f"Nothing was changed. {old.id} ({old.kind}) would be replaced by a new one.")
        return 0
    made = keeper.change(old, key, _lock(old.kind, chosen))
    _keep_sheet(made, _annexe(chosen, key), chosen)
    print(f"{made.slot.id}: {old.kind} opens the vault from now on, and {old.id} no more.")
    return 0


def _remove(chosen: argparse.Namespace) -> int:
    keeper = _keeper(chosen)
    slot = _found(keeper, chosen.slot)
    left = [one for one in _slots(keeper) if one.id != slot.id]
    if chosen.dry_run:
        print(f"Nothing was changed. {slot.id} ({slot.kind}) would open the vault no more; {len(left)} would be left.")
        _warn(left)
        return 0
    keeper.remove(slot)
    print(f"{slot.id} ({slot.kind}) opens the vault no more.")
    _warn(left)
    return 0


def _keeper(chosen: argparse.Namespace) -> Keeper:
    require_installed(chosen.data)
    return keeper_here(chosen.data, getattr(chosen, "sticks", None))


def _slots(keeper: Keeper) -> list[Slot]:
    """The slots; the plain file of before there were any, as one without an id."""
    slots = keeper.slots()
    return [Slot("", "file", 0, b"", b"")] if slots is None else slots


def _found(keeper: Keeper, name: str) -> Slot:
    slots = _slots(keeper)
    found = [slot for slot in slots if name == slot.kind or (len(name) >= 4 and slot.id.startswith(name))]
    if len(found) != 1:
        raise OperatorError(f"{len(found)} ways are called {name!r}: give the id that custody list shows.")
    return found[0]


def _key(keeper: Keeper, chosen: argparse.Namespace) -> bytes:
    """The vault's key, by what the command line gives, else by the first way that opens, else by asking."""
    if chosen.recovery_sheet is not None:
        return keeper.key_by_sheet(from_file(chosen.recovery_sheet))
    if chosen.passphrase_file is not None:
        return keeper.key_by_passphrase(from_file(chosen.passphrase_file))
    try:
        return keeper.key()
    except Locked:
        ask = terminal()
        if ask is None or not keeper.takes_passphrase:
            raise
        return keeper.key_by_passphrase(ask("Passphrase of the vault: "))


def _lock(kind: str, chosen: argparse.Namespace) -> Lock | None:
    return Lock(chosen_new(chosen.new_passphrase_file, terminal()), MODERATE) if kind == PASSPHRASE else None


def _annexe(chosen: argparse.Namespace, key: bytes) -> str:
    return unlocked(chosen.data, key).seed.annexe_id


def _require_sheet(kind: str, chosen: argparse.Namespace) -> None:
    """See that a sheet is written somewhere, and not beside what it opens."""
    if kind != RECOVERY:
        return
    if chosen.sheet is None:
        raise OperatorError("Say where to write the sheet: --sheet FILE. Print it, and delete the file.")
    if chosen.sheet.resolve().is_relative_to(chosen.data.resolve()):
        raise OperatorError("The sheet opens what is in this folder: write it elsewhere, as on a stick.")


def _keep_sheet(made: Made, annexe: str, chosen: argparse.Namespace) -> None:
    if not made.sheet:
        return
    page = sheet_page(annexe, made.slot.id, made.sheet, made_ms=made.slot.made_ms)
    try:
        write_durably(chosen.sheet, page.encode())
    except OSError as error:
        raise OperatorError(f"The sheet cannot be written: {error.strerror}. Type custody change recovery.") from error
    print(f"The sheet is in {chosen.sheet}: print it, lock it away at the prefecture, and delete the file.")


def _warn(slots: list[Slot]) -> None:
    kinds = {slot.kind for slot in slots}
    if RECOVERY not in kinds:
        print(NO_SHEET)
    if "file" in kinds and len(kinds - {RECOVERY}) > 1:
        print(STILL_FILE)
    if kinds <= set(TYPED):
        print(ALL_TYPED)

