"""Figures for Prometheus, as both sides serve them: to this machine alone, and never about a person.

A figure is declared once, in the table of its side (`edge.web.metrics.METRICS`, `central.web.metrics.METRICS`); what is
sampled must be in it, and a test holds docs/metrics.md to it. Labels name annexes, streams, states and devices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from aiohttp import web
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from protocol.errors import CallerError


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure: its name with its unit, what it tells, and the names of its labels."""

    name: str
    about: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a figure; `labels` in the figure's order."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


class _Samples(Collector):
    def __init__(self, metrics: Mapping[str, Metric], samples: Sequence[Sample]) -> None:
        self._metrics = metrics
        self._samples = samples

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for metric in self._metrics.values():
            family = GaugeMetricFamily(metric.name, metric.about, labels=metric.labels)
            for sample in self._samples:
                if sample.name == metric.name:
                    family.add_metric(sample.labels, sample.value)
            yield family


def exposition(metrics: Sequence[Metric], samples: Sequence[Sample]) -> bytes:
    """Return the samples in Prometheus's text format; raises CallerError for one that no figure declares."""
    known = {metric.name: metric for metric in metrics}
    for sample in samples:
        if sample.name not in known or len(sample.labels) != len(known[sample.name].labels):
            raise CallerError(f"the sample {sample.name} is not declared with these labels")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Samples(known, samples))
    return generate_latest(registry)


def answer(request: web.Request, metrics: Sequence[Metric], samples: Sequence[Sample]) -> web.Response:
    """Answer a scraper on this machine; for any other there is nothing here."""
    if not from_this_machine(request):
        raise web.HTTPNotFound
    headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"}
    return web.Response(body=exposition(metrics, samples), headers=headers)


def from_this_machine(request: web.Request) -> bool:
    """Say whether the request came over the loopback."""
    return request.remote is not None and ip_address(request.remote).is_loopback
