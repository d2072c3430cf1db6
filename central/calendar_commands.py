"""`mulhaqa-central calendar`: publish the fixed holidays, announce one of the Hijri year, take one back, list them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from central.calendar_files import (
    FOLDER,
    announce,
    checked_holiday,
    is_fixed,
    publish_calendars,
    read_calendars,
    withdraw,
)
from central.installation import open_installation
from central.opening import now_ms, opened_centre

Options = Callable[[argparse.ArgumentParser], None]


def _publish_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help="holidays-YYYY.yaml (default: our own)")
    sub.set_defaults(run=_publish)


def _announce_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--day", required=True, metavar="YYYY-MM-DD", help="the day on which no annexe works")
    sub.add_argument("--name-ar", required=True, help="its name in Arabic")
    sub.add_argument("--name-fr", required=True, help="its name in French")
    sub.set_defaults(run=_announce)


def _withdraw_options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--day", required=True, metavar="YYYY-MM-DD", help="the day that was announced wrongly")
    sub.set_defaults(run=_withdraw)


def _list_options(sub: argparse.ArgumentParser) -> None:
    sub.set_defaults(run=_list)


COMMANDS: Mapping[str, tuple[str, Options]] = {
    "publish": ("Publish the national holidays of each year; what was announced stays.", _publish_options),
    "announce": ("Add a day to the holidays, once it is announced.", _announce_options),
    "withdraw": ("Take an announced day back.", _withdraw_options),
    "list": ("List the holidays as they are published.", _list_options),
}
"""Name -> what it does, and what adds its options."""


async def _publish(chosen: argparse.Namespace) -> int:
    calendars = read_calendars(chosen.folder)
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        changed = await publish_calendars(centre, calendars)
    for year in changed:
        print(f"published: {year}")
    print(f"{len(changed)} published, {len(calendars) - len(changed)} stood there already.")
    return 0


async def _announce(chosen: argparse.Namespace) -> int:
    holiday = checked_holiday(chosen.day, chosen.name_ar, chosen.name_fr)
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        new = await announce(centre, holiday)
    print(f"{holiday.day} is a holiday{'' if new else ' already'}.")
    return 0


async def _withdraw(chosen: argparse.Namespace) -> int:
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        gone = await withdraw(centre, chosen.day)
    print(f"{chosen.day} {'is' if gone else 'was'} no holiday{' any more' if gone else ''}.")
    return 0


async def _list(chosen: argparse.Namespace) -> int:
    async with opened_centre(open_installation(chosen.data), now_ms, os.urandom) as centre:
        calendars = await centre.queries.calendars()
    for calendar in calendars:
        for holiday in calendar.holidays:
            print(f"{holiday.day}  {'fixed    ' if is_fixed(holiday) else 'announced'}  {holiday.name_fr}")
    if not calendars:
        print("No holidays are published: run calendar publish.")
    return 0
