"""The officers' first page: every annexe, whether it is connected, what it sent, and what does not fit.

What is wrong with one is told apart by `central.fleet`, each with its cause and what to do. What an annexe still has to
send only the annexe knows, and tells while it is connected: the page says what it last told, when it was last heard of,
which records are missing between those that came (holes), and how many of the prefecture's own it has not confirmed.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from central.fleet import MINUTE_MS, Observed, Rule, conditions, found
from central.observing import observed
from central.prefecture import Prefecture
from central.store.machines import came_back, in_force
from central.store.queries import AnnexeState
from central.store.setbacks import standing
from central.store.signers import standing_words
from central.web import signed_in
from central.web.words import CAME_BACK, CONDITIONS, FLAGS, OTHER_FLAG, Look
from screens.pages import render


@dataclass(frozen=True, slots=True)
class AnnexeCard:
    """An annexe as the page shows it. `left`: our records that it has not confirmed, None before it was ever here.

    `looks`: what it is, the most urgent first; `rules`: why, and what to do.
    """

    state: AnnexeState
    observed: Observed
    rules: tuple[Rule, ...]
    looks: tuple[Look, ...]
    left: int | None
    ends_ms: int | None
    flags: tuple[str, ...]

    @property
    def clock_minutes(self) -> int:
        """How far its clock is from ours, in minutes: ahead, or behind if negative."""
        told = self.observed.ahead_ms or self.observed.future_ms
        return round(told / MINUTE_MS)

    @property
    def came_back_ms(self) -> int | None:
        """When an appliance that its standby has replaced was last connected."""
        return max((one.contact_ms or 0 for one in came_back(self.state.machines)), default=None)

    @property
    def epoch(self) -> int:
        """The epoch in force: above 1 where a standby was promoted; 0 before anything was heard."""
        return self.state.machines[0].epoch if self.state.machines else 0

    @property
    def proofs(self) -> int:
        """Records kept as proof, for another one came under their name."""
        return sum(stream.proofs for stream in self.state.streams)


def routes() -> list[web.RouteDef]:
    """The page's one route."""
    return [web.get("/prefecture", show)]


@signed_in.staff("officer")
async def show(request: web.Request) -> web.StreamResponse:
    """The page."""
    prefecture = signed_in.prefecture_of(request)
    cards = [await _card(prefecture, state) for state in await prefecture.centre.queries.annexes()]
    counts = await prefecture.centre.queries.counts()
    return render(
        request,
        "prefecture/annexes.html",
        cards=cards,
        counts=[(state, count) for state, count in counts.items() if count],
        flag_label=lambda flag: FLAGS.get(flag, OTHER_FLAG),
        hex_of=bytes.hex,
        came_back=CAME_BACK,
        own=await standing(prefecture.centre.store, prefecture.centre.identity.id, prefecture.now()),
    )


async def _card(prefecture: Prefecture, state: AnnexeState) -> AnnexeCard:
    trust, now_ms = prefecture.centre.trust, prefecture.now()
    held = [one for one in trust.credentials() if one.kind == "annexe" and one.holder == state.annexe]
    newest = in_force(held, state.machines)
    standing = trust.standing(newest, now_ms) if newest else None
    seen = await observed(prefecture.centre.store, prefecture.connections, state, now_ms)
    return AnnexeCard(
        state=state,
        observed=seen,
        rules=found(seen),
        looks=tuple(CONDITIONS[one] for one in conditions(seen)),
        left=await prefecture.centre.outgoing.unconfirmed(state.annexe),
        ends_ms=newest.not_after if newest else None,
        flags=tuple(standing_words(standing)) if standing else (),
    )
