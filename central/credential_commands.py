"""`mulhaqa-central credentials`: publish what the prefecture's IT vouched for anew, and list what is published."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from central.installation import open_installation
from central.opening import now_ms, opened_centre
from central.store.signers import standing_words
from protocol.errors import OperatorError
from protocol.office.events import WhyRevoked
from protocol.records.credentials import Credential, parse_credential

Options = Callable[[argparse.ArgumentParser], None]


def _publish_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="credentials, in any order: a root's bridge, ..."
    )
    sub.add_argument("--dry-run", action="store_true", help="only tell what would be published")
    sub.set_defaults(run=_publish)


def _revoke_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("id", metavar="ID", help="the key's id, as 'credentials list' shows it (32 signs)")
    sub.add_argument("--why", required=True, choices=get_args(WhyRevoked), help="what happened")
    sub.add_argument("--dry-run", action="store_true", help="only tell whose key it is")
    sub.set_defaults(run=_revoke)


def _list_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--kind", help="only this kind, as in annexe")
    sub.set_defaults(run=_list)


COMMANDS: Mapping[str, tuple[str, Options]] = {
    "publish": ("Publish credentials to every annexe: a new root's bridge, an issuer, renewed ones.", _publish_options),
    "revoke": ("Revoke a key for good: every annexe hears of it, with what was taken in of it last.", _revoke_options),
    "list": ("Tell who is vouched for, by whom, and until when.", _list_options),
}
"""Name -> what it does, and what adds its options."""


async def _publish(chosen: argparse.Namespace) -> int:
    given = [parse_credential(_read(path)) for path in chosen.files]
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        if chosen.dry_run:
            centre.trust.add_all(one for one in given if one.issuer != one.id)
        else:
            print(f"{await centre.publish_credentials(_roots_first(given))} published.")
    for one in given:
        print(_row(one, []))
    return 0


async def _revoke(chosen: argparse.Namespace) -> int:
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        credential = centre.trust.signer(_key_id(chosen.id))
        if credential is None:
            raise OperatorError("No key with this id is vouched for here: look at mulhaqa-central credentials list.")
        print(_row(credential, []))
        if not chosen.dry_run:
            print("Revoked." if await centre.revoke(credential, chosen.why) else "It was revoked already.")
    return 0


def _key_id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise OperatorError(f"{text!r} is no key's id: 32 digits and letters from a to f.") from error


async def _list(chosen: argparse.Namespace) -> int:
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        for one in await centre.queries.credentials(chosen.kind):
            print(_row(one.credential, standing_words(centre.trust.standing(one.credential, centre.now()))))
    return 0


def _roots_first(given: list[Credential]) -> list[Credential]:
    """In `all` each stands behind who vouches for it; of two roots the later follows the earlier."""
    order = {"root": 0, "issuer": 1}
    return sorted(given, key=lambda one: (order.get(one.kind, 2), one.not_before))


def _row(one: Credential, words: list[str]) -> str:
    end = datetime.fromtimestamp(one.not_after / 1000, UTC).date().isoformat()
    epoch = f" epoch {one.epoch}" if one.kind == "annexe" else ""
    flags = f"  ({', '.join(words)})" if words else ""
    return f"{one.kind} {one.holder}{epoch}  until {end}  {one.id.hex()}  by {one.issuer.hex()}{flags}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OperatorError(f"{path} cannot be read: {error.strerror}.") from error
