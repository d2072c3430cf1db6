"""Pairing a screen: who is invited, what appeared, and who confirms it.

    invited --claim--> waiting --confirm--> paired
       |                  |
       +---- cancel ------+           an invitation that was made at the appliance needs no confirming

Rules:

- A device that claims draws nothing: it is given a secret at once, and holds it while it waits. What was claimed is
  spent; nobody claims it a second time. Once it is confirmed the same secret opens the screen, so nothing has to be
  handed over then, and no power cut in between can lose it.
- Guesses are counted three ways: five for each code, which ends that code; some for each address; some for all codes
  together, after which typing rests for some minutes. None of them touches a screen that is paired, nor a QR code.
- What is made on a page lives in memory and is forgotten by a restart: the supervisor asks for another code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from edge.services import invitations, screens
from edge.services.invitations import GONE, MINUTES, MOST_OPEN, MOST_TRIES, PLACE_SIZE, WRONG, Invitation, Invited
from edge.services.invited import MINUTE_MS, Claim, Open, is_over
from edge.services.office import Office
from edge.services.screens import TOPIC
from protocol.errors import N_, PersonError
from protocol.office.events import Actor, ScreenKind

KINDS: tuple[ScreenKind, ...] = ("kiosk", "counter", "authority", "display", "admin")

NO_KIND: Final = N_("Choose what the screen is for.")
NOBODY_WAITS: Final = N_("Nothing waits here any more. Make a new code, and type it on the screen.")


def kind_of(text: str) -> ScreenKind:
    """Return the kind of this name; PersonError (422) for none."""
    for kind in KINDS:
        if kind == text:
            return kind
    raise PersonError(NO_KIND, field="kind")


def invite(office: Office, kind: ScreenKind, name: str, by: Actor) -> Invited:
    """Invite one device; PersonError (409) when too many invitations are open. `name` is checked already."""
    pairing, now = office.pairing, office.now()
    pairing.sweep(now)
    if len(pairing.open) >= MOST_OPEN:
        raise PersonError(invitations.TOO_MANY, status=409)
    invited = invitations.draw(
        kind,
        name,
        by,
        taken=[one.invitation.place for one in pairing.open.values()],
        until_ms=now + MINUTES * MINUTE_MS,
        entropy=office.entropy,
    )
    pairing.open[invited.invitation.id] = Open(invited)
    office.announcer.publish([TOPIC])
    return invited


async def find_by_code(office: Office, typed: str) -> Invitation:
    """Return the invitation of a typed code.

    PersonError 422 for what is no code, 404 for one that is not known, 403 for a wrong secret: a guess, to be counted.
    """
    code, tries = invitations.read_code(typed), office.pairing.tries
    here = [one for one in await _claimable(office) if one.place == code[:PLACE_SIZE]]
    meant = [one for one in here if tries.get(one.id, 0) < MOST_TRIES]
    for one in meant:
        if invitations.fits_code(one, code):
            return one
    for one in meant:  # one of a page and one of the appliance may share a place
        await _note_wrong(office, one)
    if meant:
        raise PersonError(WRONG, field="code", status=403)
    raise PersonError(GONE, field="code", status=404)


async def find_by_token(office: Office, token: str) -> Invitation:
    """Return the invitation of a QR code's token; PersonError (404) for one that is not known."""
    for one in await _claimable(office):
        if invitations.fits_token(one, token):
            return one
    raise PersonError(GONE, status=404)


async def _claimable(office: Office) -> Sequence[Invitation]:
    """All that may be claimed now; files that are over are taken away."""
    pairing, now = office.pairing, office.now()
    pairing.sweep(now)
    made_here = [one.invitation for one in pairing.open.values() if one.claim is None]
    lying = [] if pairing.data is None else await asyncio.to_thread(invitations.found, pairing.data)
    for one in lying:
        if is_over(one, now):
            await _spend(office, one)
    return [one for one in [*made_here, *lying] if not is_over(one, now) and one.id not in pairing.spent]


async def _note_wrong(office: Office, invitation: Invitation) -> None:
    tries = office.pairing.tries
    tries[invitation.id] = tries.get(invitation.id, 0) + 1
    if tries[invitation.id] >= MOST_TRIES:
        await _spend(office, invitation)


async def _spend(office: Office, invitation: Invitation) -> None:
    office.pairing.drop(invitation.id)
    if office.pairing.data is not None and invitation.confirmed:
        office.pairing.spent.add(invitation.id)
        await asyncio.to_thread(invitations.take_away, office.pairing.data, invitation)
    office.announcer.publish([TOPIC])


async def claim(office: Office, invitation: Invitation, claim: Claim) -> bool:
    """Let a device come with an invitation, which is spent by it; whether it is paired already.

    PersonError (404) when another device came first.
    """
    if invitation.confirmed:
        if invitation.id in office.pairing.spent:
            raise PersonError(GONE, status=404)
        await _spend(office, invitation)
        await screens.pair(office, office.command(), invitation.kind, invitation.name, claim.secret_hash, invitation.by)
        return True
    waiting = office.pairing.open.get(invitation.id)
    if waiting is None or waiting.claim is not None:
        raise PersonError(GONE, status=404)
    office.pairing.open[invitation.id] = replace(waiting, claim=claim)
    office.announcer.publish([TOPIC])
    return False


async def confirm(office: Office, command: bytes, identifier: str, by: Actor) -> None:
    """Pair the device that came with an invitation; PersonError (404) where none waits any more."""
    waiting = office.pairing.open.get(identifier)
    if waiting is None or waiting.claim is None:
        raise PersonError(NOBODY_WAITS, status=404)
    invitation = waiting.invitation
    await screens.pair(office, command, invitation.kind, invitation.name, waiting.claim.secret_hash, by)
    office.pairing.drop(identifier)


def cancel(office: Office, identifier: str) -> None:
    """Take an invitation back; a device that came with it must be invited anew."""
    office.pairing.drop(identifier)
    office.announcer.publish([TOPIC])


def waiting(office: Office) -> list[Open]:
    """Return what was invited on a page and is not answered yet, the newest first."""
    office.pairing.sweep(office.now())
    return list(office.pairing.open.values())[::-1]
