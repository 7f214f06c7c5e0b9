"""How each sink is doing, in `/metrics`."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from eventcenter.errors import StoreError
from eventcenter.forwarded import SinkState
from eventcenter.ports import Center

log = logging.getLogger(__name__)

_LABELS = ("instance", "sink", "kind")


class SinkCollector(Collector):
    def __init__(self, center: Center) -> None:
        self._center = center

    def collect(self) -> Iterator[Metric]:
        if self._center.sinks is None:
            return
        try:
            found = self._center.sinks.statuses()
        except StoreError as error:  # the other numbers are wanted most just then
            log.warning("the state of sinks cannot be read: %s", error)
            return
        sent = _counter("sent", "Events that the destination took; of a sink for people messages.")
        failed = _counter("failed", "Events that were refused for good.")
        retried = _counter("retried", "Deliveries that had to be tried again.")
        up = _gauge("up", "1 while it delivers, 0 while it waits for its destination.")
        lag = _gauge("lag_changes", "Changes behind the newest.")
        age = _gauge("lag_seconds", "Age of the oldest change that it has not seen.")
        dead = _gauge("dead_letters", "Events that were refused for good and are kept.")
        for sink in found:
            names = [self._center.instance, sink.name, sink.kind]
            for family, value in (
                (sent, sink.sent),
                (failed, sink.failed),
                (retried, sink.retried),
                (up, int(sink.state is SinkState.OK)),
                (lag, sink.lag),
                (age, sink.lag_ms / 1000),
                (dead, sink.dead),
            ):
                family.add_metric(names, value)
        yield from (sent, failed, retried, up, lag, age, dead)


def _counter(name: str, text: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"eventcenter_sink_{name}", text, labels=_LABELS)


def _gauge(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"eventcenter_sink_{name}", text, labels=_LABELS)
