"""`mulhaqa-edge screens pair`: inviting screens at the appliance itself, beside its service or before it starts.

So the first screen is paired, when nobody could confirm anything yet, and any other when all of them are gone. Whoever
types this stands at the appliance, so what he makes needs no confirming. It is shown here and written to no journal.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import segno

from edge.custody_typing import terminal
from edge.installation import open_installation
from edge.services.invitations import (
    MINUTES,
    MOST_MINUTES,
    MOST_OPEN,
    Invited,
    address,
    draw,
    found,
    put,
    take_away,
)
from edge.services.invited import MINUTE_MS, is_over
from edge.services.office import SYSTEM
from edge.services.pairing import KINDS
from edge.services.screens import check_name
from edge.sole_writer import now_ms
from protocol.errors import OperatorError
from protocol.office.events import ScreenKind
from protocol.office.lan import LanAuthority, hosts_of
from protocol.office.seed import Seed

SCREENS = "Pair the screens of the annexe: kiosk, counter, tablet, display, administration."
PAIR = (
    "Invite devices to be screens: print for each an address (with its QR code) and a code, which pair one device, "
    "once. So the first screen is paired; the others can be on the page /admin/screens."
)

NAMES = {
    "kiosk": "Borne", "counter": "Guichet", "authority": "Tablette", "display": "Affichage", "admin": "Administration",
}  # fmt: skip
"""What a screen is called where nobody says; it is renamed on its page."""

PLAIN = "http://localhost:8080"


def screens_options(sub: argparse.ArgumentParser) -> None:
    """The commands about screens."""
    inside = sub.add_subparsers(required=True, metavar="COMMAND")
    pair = inside.add_parser("pair", help=PAIR, description=PAIR)
    pair.add_argument("--data", type=Path, required=True, metavar="DIR", help="the annexe's data folder")
    pair.add_argument(
        "--kind", action="append", choices=KINDS, required=True, help="what the screen is for; again for another screen"
    )
    pair.add_argument("--name", default="", help="what it is called, as in 'Guichet 2' (default: by its kind)")
    pair.add_argument("--minutes", type=_minutes, default=MINUTES, help=f"how long it may be used (default: {MINUTES})")
    pair.add_argument(
        "--origin", default="",
        help=f"canonical address of the screens (default: https://ANNEXE.annexe.internal; without HTTPS {PLAIN})",
    )  # fmt: skip
    pair.add_argument("--json", action="store_true", help="one JSON object a screen")
    pair.set_defaults(run=_pair)


def _minutes(text: str) -> int:
    minutes = int(text)
    if not 1 <= minutes <= MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {MOST_MINUTES} minutes")
    return minutes


async def _pair(chosen: argparse.Namespace) -> int:
    installation, now = open_installation(chosen.data, terminal()), now_ms()
    folder, origin = installation.folder, chosen.origin.rstrip("/") or _origin(installation.seed)
    root = _root(installation.seed) if origin.startswith("https:") else ""
    wanted = [(kind, check_name(chosen.name or NAMES[kind])) for kind in chosen.kind]
    try:
        taken = _make_room(folder, wanted, now)
        for kind, name in wanted:
            until_ms = now + chosen.minutes * MINUTE_MS
            made = draw(kind, name, SYSTEM, taken=taken, until_ms=until_ms, entropy=os.urandom, confirmed=True)
            put(folder, made.invitation)
            taken.append(made.invitation.place)
            _show(made, origin, root, as_json=chosen.json)
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written to: {error.strerror}.") from error
    return 0


def _make_room(folder: Path, wanted: Sequence[tuple[ScreenKind, str]], now: int) -> list[str]:
    """Take away what is over, and what is invited anew; the places of the codes that stay."""
    stay = []
    for one in found(folder):
        if is_over(one, now) or (one.kind, one.name) in wanted:
            take_away(folder, one)
        else:
            stay.append(one.place)
    if len(stay) + len(wanted) > MOST_OPEN:
        raise OperatorError(f"{len(stay)} screens are invited already, {MOST_OPEN} may be: pair those first, or wait.")
    return stay


def _origin(seed: Seed) -> str:
    return PLAIN if seed.lan is None else f"https://{hosts_of(seed.annexe_id)[0]}"


def _root(seed: Seed) -> str:
    """The SHA-256 of what devices install; "" where the seed has none."""
    return "" if seed.lan is None else hashlib.sha256(LanAuthority.from_value(seed.lan).root).hexdigest()


def _show(invited: Invited, origin: str, root: str, *, as_json: bool) -> None:
    made, where = invited.invitation, address(origin, invited, root)
    if as_json:
        print(json.dumps({"kind": made.kind, "name": made.name, "address": where, "code": invited.code}))
        return
    until = datetime.fromtimestamp(made.until_ms / 1000, UTC).astimezone().strftime("%H:%M")
    print(f"{made.name} ({made.kind}): open this address on the new screen, once, before {until}")
    print(f"  {where}")
    print(f"or open {origin} there and type  {invited.code}")
    segno.make(where, error="m").terminal(out=sys.stdout, compact=True)
