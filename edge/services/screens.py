"""The paired screens: pairing a device, calling it otherwise, letting it go.

A device proves itself by a secret of 256 bits that it alone holds; the log has its hash, and the screen's id is made of
that. So whoever holds the log (a standby, a restored backup) knows the same screens, and nobody can copy one from it.
"""

from __future__ import annotations

from typing import Final

from edge.services.known_screens import screen_id, topic_of
from edge.services.office import Office
from edge.store.post import Post
from edge.store.rows import ScreenView
from edge.store.store import Transaction
from protocol.errors import N_, PersonError
from protocol.office.events import Actor, ScreenKind, ScreenPaired, ScreenRemoved, ScreenRenamed
from protocol.records.encoding import Value

TOPIC: Final = "screens"
"""What is announced whenever a screen waits, is paired, renamed or removed."""

LONGEST_NAME: Final = 40
"""Characters: it stands on a button and in a table."""

NOT_THERE: Final = N_("This screen is not paired any more.")
OWN_SCREEN: Final = N_("You sit at this screen: remove it from another one.")
ELSEWHERE: Final = N_("The annexe's screens are managed at its own appliance: this one writes nothing.")
NO_NAME: Final = N_("Give the screen a name of 1 to %(longest)s signs, as in: Guichet 2.")


async def paired(office: Office) -> list[ScreenView]:
    """Return the screens that are paired, by name."""
    return sorted((await office.screens.known(office.store)).values(), key=lambda one: (one.name, one.screen))


async def pair(office: Office, command: bytes, kind: ScreenKind, name: str, hash_: bytes, by: Actor) -> bytes:
    """Let the device whose secret has this hash be a screen; returns its id. Twice is once."""
    screen = screen_id(hash_)
    if office.store.post is not Post.ANNEXE:
        office.screens.welcome(ScreenView(screen, kind, name, hash_, by, office.now()))
        return screen

    async def decide(tx: Transaction) -> Value:
        if all(one.screen != screen for one in await tx.screens()):
            event = ScreenPaired(screen=screen, screen_kind=kind, name=name, token_hash=hash_, by=by)
            await tx.append("office", event, key_of=tx.office)
        return None

    await office.store.execute(command, decide)
    _announce(office, screen)
    return screen


async def rename(office: Office, command: bytes, screen: bytes, name: str, by: Actor) -> None:
    """Call a screen otherwise; PersonError for a name that is none (422), or a screen that is not paired (404)."""
    called = check_name(name)
    _check_post(office)

    async def decide(tx: Transaction) -> Value:
        if (await _standing(tx, screen)).name != called:
            await tx.append("office", ScreenRenamed(screen=screen, name=called, by=by), key_of=tx.office)
        return None

    await office.store.execute(command, decide)
    _announce(office, screen)


async def remove(office: Office, command: bytes, screen: bytes, by: Actor, at: bytes) -> None:
    """Let a device be no screen any more, at once; `at` is the screen that this is asked from.

    PersonError for the screen that one sits at (409): nobody locks himself out; 404 for one that is not paired.
    """
    if screen == at:
        raise PersonError(OWN_SCREEN, status=409)
    if office.screens.dismiss(screen):
        _announce(office, screen)
        return
    _check_post(office)

    async def decide(tx: Transaction) -> Value:
        await _standing(tx, screen)
        await tx.append("office", ScreenRemoved(screen=screen, by=by), key_of=tx.office)
        return None

    await office.store.execute(command, decide)
    _announce(office, screen)


def _check_post(office: Office) -> None:
    if office.store.post is not Post.ANNEXE:
        raise PersonError(ELSEWHERE, status=503)


async def _standing(tx: Transaction, screen: bytes) -> ScreenView:
    for one in await tx.screens():
        if one.screen == screen and not one.removed:
            return one
    raise PersonError(NOT_THERE, status=404)


def check_name(typed: str) -> str:
    """Return a screen's name, tidied; PersonError (422) for none, or one that is too long or cannot be shown."""
    name = " ".join(typed.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise PersonError(NO_NAME, field="name", longest=LONGEST_NAME)
    return name


def _announce(office: Office, screen: bytes) -> None:
    office.announcer.publish([TOPIC, topic_of(screen)])
