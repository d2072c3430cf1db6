"""Renewing the credentials that end soon, with the issuer that the server holds: annexes learn of it by sync.

Rules:

- The same key, holder, area and epoch, with a later end: nothing changes but the date. The beginning stays, for it is
  by the renewed credential that old records are judged too.
- Never beyond the issuer's own end, and never a kind or an area that is not its own.
- A machine that was superseded or revoked is not renewed: it fades out.
- What stands on another root than the issuer's moves to that one, so that the other can be given up one day.
- Nothing else is published that gains less than a month, so an issuer at its end does not renew day by day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from central.centre import Centre
from central.issuer import Issuer
from central.store.machines import machines_of
from protocol.records.credentials import Credential, Trust, covers, vouched_anew

DAY_MS: Final = 86_400_000
RENEWED_MS: Final = 120 * DAY_MS
"""How long before the end: an annexe that hears of its prefecture by stick, once in a season, still hears in time."""

LIFE_MS: Final = 396 * DAY_MS
"""A year and a month, as the prefecture's IT gives them."""

GAIN_MS: Final = 30 * DAY_MS


async def due(centre: Centre, issuer: Issuer, now_ms: int) -> list[Credential]:
    """The renewed credentials that should be published now; none of them is yet."""
    held = [
        one
        for one in centre.trust.credentials()
        if _may(issuer, one)
        and (_ends_soon(one, issuer, now_ms) or _stands_on_another_root(centre.trust, one, issuer, now_ms))
    ]
    epochs = await _epochs(centre, {one.holder for one in held})
    return [
        _renewed(one, issuer, now_ms)
        for one in held
        if one.epoch >= epochs.get(one.holder, 0) and not _is_revoked(centre.trust, one, now_ms)
    ]


async def renew_due(centre: Centre, issuer: Issuer) -> Sequence[Credential]:
    """Publish what is due, the issuer's own credential first; returns what was renewed."""
    renewed = await due(centre, issuer, centre.now())
    if renewed:
        await centre.publish_credentials([issuer.credential, *renewed])
    return renewed


def _may(issuer: Issuer, credential: Credential) -> bool:
    return credential.kind in issuer.credential.rights and covers(issuer.credential.area, credential.area)


def _ends_soon(credential: Credential, issuer: Issuer, now_ms: int) -> bool:
    gain = _end(issuer, now_ms) - credential.not_after
    return credential.not_after - now_ms < RENEWED_MS and gain >= GAIN_MS


def _stands_on_another_root(trust: Trust, credential: Credential, issuer: Issuer, now_ms: int) -> bool:
    """Whether another root than the issuer's vouches for it: it moves to the new one, if it then ends later."""
    above = trust.signer(credential.issuer)
    moves = above is not None and above.issuer != issuer.credential.issuer
    return moves and _end(issuer, now_ms) - credential.not_after >= DAY_MS


def _is_revoked(trust: Trust, credential: Credential, now_ms: int) -> bool:
    return trust.standing(credential, now_ms).is_revoked


async def _epochs(centre: Centre, annexes: set[str]) -> dict[str, int]:
    """By annexe the epoch in force; nothing for one that was never heard."""
    async with centre.store.database.read() as connection:
        known = {annexe: await machines_of(connection, annexe) for annexe in sorted(annexes)}
    return {annexe: machines[0].epoch for annexe, machines in known.items() if machines}


def _end(issuer: Issuer, now_ms: int) -> int:
    return min(now_ms + LIFE_MS, issuer.credential.not_after)


def _renewed(credential: Credential, issuer: Issuer, now_ms: int) -> Credential:
    return vouched_anew(credential, not_after=_end(issuer, now_ms), signing=issuer.signing)
