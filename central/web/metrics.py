"""GET /metrics: how the prefecture's server and its annexes do, in figures, for a scraper on the same machine."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web

from central.fleet import Condition, Observed, conditions
from central.observing import observed
from central.store.machines import came_back
from central.store.queries import AnnexeState
from central.web import signed_in
from screens import access_log
from screens.metrics import Metric, Sample, answer

METRICS = (
    Metric("mulhaqa_central_info", "1; which prefecture this is, and its software.", ("centre", "software")),
    Metric("mulhaqa_central_requests", "Requests in each state, of all annexes.", ("state",)),
    Metric("mulhaqa_central_annexe_records", "Records held of an annexe.", ("annexe",)),
    Metric("mulhaqa_central_annexe_holes", "Records of an annexe that were refused and not filled yet.", ("annexe",)),
    Metric("mulhaqa_central_annexe_branches", "Branches of an annexe's streams.", ("annexe",)),
    Metric("mulhaqa_central_annexe_condition", "1 for what an annexe is now, 0 otherwise.", ("annexe", "condition")),
    Metric("mulhaqa_central_annexe_left_records", "Records that an annexe last told it has to send.", ("annexe",)),
    Metric("mulhaqa_central_annexe_clock_ahead_seconds", "How far an annexe's clock is ahead of ours.", ("annexe",)),
    Metric(
        "mulhaqa_central_annexe_epoch", "The epoch in force: 1, and one more for each standby promoted.", ("annexe",)
    ),
    Metric(
        "mulhaqa_central_annexe_superseded", "Machines that came back after their standby was promoted.", ("annexe",)
    ),
    Metric(
        "mulhaqa_central_annexe_scans_awaited",
        "Scans and certificates of an annexe that have not come whole yet.",
        ("annexe",),
    ),
    Metric("mulhaqa_central_annexe_contact_timestamp_seconds", "When an annexe was last heard.", ("annexe",)),
    access_log.metric("central"),
)


def routes() -> list[web.RouteDef]:
    """The one route."""
    return [web.get("/metrics", show)]


@signed_in.anyone
async def show(request: web.Request) -> web.StreamResponse:
    """The figures."""
    prefecture = signed_in.prefecture_of(request)
    queries = prefecture.centre.queries
    counts = await queries.counts()
    samples = [
        Sample("mulhaqa_central_info", 1, (prefecture.profile.id, prefecture.software)),
        *(Sample("mulhaqa_central_requests", count, (state.value,)) for state, count in counts.items()),
        *(
            Sample("mulhaqa_central_annexe_scans_awaited", count, (annexe,))
            for annexe, count in (await prefecture.centre.blobs.awaited()).items()
        ),
        *access_log.samples(request, "central"),
    ]
    for annexe in await queries.annexes():
        samples += _annexe(annexe)
        samples += _conditions(
            annexe.annexe,
            await observed(prefecture.centre.store, prefecture.connections, annexe, prefecture.now()),
        )
    return answer(request, METRICS, samples)


def _annexe(state: AnnexeState) -> Iterator[Sample]:
    name = (state.annexe,)
    yield Sample("mulhaqa_central_annexe_records", state.records, name)
    yield Sample("mulhaqa_central_annexe_holes", sum(len(stream.holes) for stream in state.streams), name)
    yield Sample("mulhaqa_central_annexe_branches", len(state.branches), name)
    if state.machines:
        yield Sample("mulhaqa_central_annexe_epoch", state.machines[0].epoch, name)
    yield Sample("mulhaqa_central_annexe_superseded", len(came_back(state.machines)), name)
    if state.last_contact_ms is not None:
        yield Sample("mulhaqa_central_annexe_contact_timestamp_seconds", state.last_contact_ms / 1000, name)


def _conditions(annexe: str, seen: Observed) -> Iterator[Sample]:
    held = conditions(seen)
    for one in Condition:
        yield Sample("mulhaqa_central_annexe_condition", one in held, (annexe, one.value))
    if seen.left is not None:
        yield Sample("mulhaqa_central_annexe_left_records", seen.left, (annexe,))
    if seen.ahead_ms is not None:
        yield Sample("mulhaqa_central_annexe_clock_ahead_seconds", seen.ahead_ms / 1000, (annexe,))
