"""GET /metrics: how the appliance does, in figures, for a scraper on the same machine."""

from __future__ import annotations

from aiohttp import web

from devices.health import Condition
from edge.services import status
from edge.services.certificate import AUTHORITY_ENDED, FAILED, CertificateState
from edge.services.mirror import MirrorView
from edge.services.office import Office, UplinkState
from edge.web import signed_in
from screens import access_log
from screens.metrics import Metric, Sample, answer

METRICS = (
    Metric("mulhaqa_edge_info", "1; whose appliance this is, and its software.", ("annexe", "software")),
    Metric("mulhaqa_edge_locked", "1 while the vault is locked and nobody is served, 0 once it is open."),
    Metric("mulhaqa_edge_disk_failed", "1 once the store has stopped because its disk failed."),
    Metric("mulhaqa_edge_log_records", "Records in the log, of all streams, those of the prefecture included."),
    Metric("mulhaqa_edge_branches", "Branches of the annexe's own streams: a cloned card, a restored backup."),
    Metric("mulhaqa_edge_flawed_records", "Records of the prefecture that say what cannot be, and have no effect."),
    Metric("mulhaqa_edge_requests", "Requests in each state.", ("state",)),
    Metric("mulhaqa_edge_messages", "SMS in each state.", ("state",)),
    Metric("mulhaqa_edge_device_working", "1 while the device works, 0 while it does not.", ("device",)),
    Metric("mulhaqa_edge_uplink_connected", "1 while there is a link to the prefecture."),
    Metric("mulhaqa_edge_uplink_behind_records", "Records that the prefecture has not confirmed yet."),
    Metric("mulhaqa_edge_uplink_confirmed_timestamp_seconds", "When the prefecture last confirmed."),
    Metric("mulhaqa_edge_post", "1; annexe, standby, or replaced by its standby.", ("post",)),
    Metric("mulhaqa_edge_mirror_attached", "1 while a standby follows this appliance."),
    Metric("mulhaqa_edge_mirror_in_step", "1 while confirmations wait for the standby, 0 while it catches up."),
    Metric("mulhaqa_edge_mirror_lag_records", "Records that no standby holds: a failure now would lose them here."),
    Metric("mulhaqa_edge_mirror_lag_bytes", "How large they are."),
    Metric("mulhaqa_edge_mirror_lag_timestamp_seconds", "When the oldest of them was written."),
    Metric("mulhaqa_edge_medium_attached", "1 while the log follows on the second medium."),
    Metric("mulhaqa_edge_medium_in_step", "1 while confirmations wait for the second medium, 0 while it catches up."),
    Metric("mulhaqa_edge_medium_lag_records", "Records that the second medium does not hold."),
    Metric("mulhaqa_edge_medium_lag_bytes", "How large they are."),
    Metric("mulhaqa_edge_medium_lag_timestamp_seconds", "When the oldest of them was written."),
    Metric(
        "mulhaqa_edge_medium_scans_missing", "Scanned pieces and certificates that are not on the second medium yet."
    ),
    Metric("mulhaqa_edge_following", "1 while this standby hears the appliance that it follows, 0 while not."),
    Metric("mulhaqa_edge_uplink_remaining_seconds", "How long the rest takes at the pace of the last minute."),
    Metric("mulhaqa_edge_link_bytes", "Bytes that the link has carried on this day, headers included.", ("way",)),
    Metric("mulhaqa_edge_link_bound_bytes_per_second", "What bounds the link now, each way; absent without a bound."),
    Metric("mulhaqa_edge_stick_timestamp_seconds", "When a stick was last written or read whole.", ("doing",)),
    Metric("mulhaqa_edge_certificate_end_timestamp_seconds", "Until when the certificate of the screens holds."),
    Metric("mulhaqa_edge_certificate_authority_end_timestamp_seconds", "Until when it can be renewed here."),
    Metric("mulhaqa_edge_certificate_not_renewed", "1 while a new certificate cannot be made."),
    access_log.metric("edge"),
)


def routes(_office: Office) -> list[web.RouteDef]:
    """The one route."""
    return [web.get("/metrics", show)]


@signed_in.anyone
async def show(request: web.Request) -> web.StreamResponse:
    """The figures."""
    office = signed_in.office_of(request)
    figures = await status.figures(office)
    samples = [
        Sample("mulhaqa_edge_info", 1, (office.annexe.id, office.software)),
        Sample("mulhaqa_edge_locked", 0),
        Sample("mulhaqa_edge_disk_failed", office.store.failure is not None),
        Sample("mulhaqa_edge_log_records", figures.records),
        Sample("mulhaqa_edge_branches", figures.branches),
        Sample("mulhaqa_edge_flawed_records", figures.flaws),
        *(Sample("mulhaqa_edge_requests", count, (state,)) for state, count in figures.requests.items()),
        *(Sample("mulhaqa_edge_messages", count, (state,)) for state, count in figures.messages.items()),
        *(
            Sample("mulhaqa_edge_device_working", one.condition is Condition.WORKING, (one.device,))
            for one in figures.devices
        ),
        *_uplink(figures.uplink),
        *_mirror(figures.mirror),
        *_medium(figures.mirror),
        *_link(office),
        *_sticks(office),
        *_certificate(office.certificate()),
        *access_log.samples(request, "edge"),
    ]
    return answer(request, METRICS, samples)


def _uplink(state: UplinkState | None) -> list[Sample]:
    if state is None:
        return []
    confirmed = [] if state.confirmed_ms is None else [state.confirmed_ms / 1000]
    remaining = [] if state.remaining_ms is None else [state.remaining_ms / 1000]
    return [
        Sample("mulhaqa_edge_uplink_connected", state.connected),
        Sample("mulhaqa_edge_uplink_behind_records", state.behind),
        *(Sample("mulhaqa_edge_uplink_confirmed_timestamp_seconds", at) for at in confirmed),
        *(Sample("mulhaqa_edge_uplink_remaining_seconds", at) for at in remaining),
    ]


def _link(office: Office) -> list[Sample]:
    if office.link is None:
        return []
    today, rate = office.link.today(), office.link.state().rate
    return [
        Sample("mulhaqa_edge_link_bytes", today.up, ("up",)),
        Sample("mulhaqa_edge_link_bytes", today.down, ("down",)),
        *([] if rate is None else [Sample("mulhaqa_edge_link_bound_bytes_per_second", rate)]),
    ]


def _mirror(view: MirrorView) -> list[Sample]:
    samples = [Sample("mulhaqa_edge_post", 1, (view.post.value,))]
    if view.following is not None:
        samples.append(Sample("mulhaqa_edge_following", view.following.connected))
    if view.mirror is None or view.lag is None:
        return samples
    since = [] if view.lag.since_ms is None else [view.lag.since_ms / 1000]
    return [
        *samples,
        Sample("mulhaqa_edge_mirror_attached", view.mirror.attached),
        Sample("mulhaqa_edge_mirror_in_step", view.mirror.in_step),
        Sample("mulhaqa_edge_mirror_lag_records", view.lag.records),
        Sample("mulhaqa_edge_mirror_lag_bytes", view.lag.size),
        *(Sample("mulhaqa_edge_mirror_lag_timestamp_seconds", at) for at in since),
    ]


def _medium(view: MirrorView) -> list[Sample]:
    if view.medium is None:
        return []
    samples = [
        Sample("mulhaqa_edge_medium_attached", view.medium.attached),
        Sample("mulhaqa_edge_medium_in_step", view.medium.in_step),
        Sample("mulhaqa_edge_medium_scans_missing", view.medium.scans),
    ]
    if view.medium_lag is None:
        return samples
    since = [] if view.medium_lag.since_ms is None else [view.medium_lag.since_ms / 1000]
    return [
        *samples,
        Sample("mulhaqa_edge_medium_lag_records", view.medium_lag.records),
        Sample("mulhaqa_edge_medium_lag_bytes", view.medium_lag.size),
        *(Sample("mulhaqa_edge_medium_lag_timestamp_seconds", at) for at in since),
    ]


def _certificate(state: CertificateState | None) -> list[Sample]:
    if state is None:
        return []
    return [
        Sample("mulhaqa_edge_certificate_end_timestamp_seconds", state.until_ms / 1000),
        Sample("mulhaqa_edge_certificate_authority_end_timestamp_seconds", state.authority_until_ms / 1000),
        Sample("mulhaqa_edge_certificate_not_renewed", state.wrong in (FAILED, AUTHORITY_ENDED)),
    ]


def _sticks(office: Office) -> list[Sample]:
    whole = {} if office.sticks is None else office.sticks.whole_ms
    return [Sample("mulhaqa_edge_stick_timestamp_seconds", at / 1000, (doing,)) for doing, at in whole.items()]
