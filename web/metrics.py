"""The numbers of `/metrics`, read from the center at each scrape: nothing is counted twice."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

import eventcenter
from eventcenter.consuming import Consumers
from eventcenter.model import Phase, StreamStatus
from eventcenter.ports import Center
from web.consumer_metrics import ConsumerCollector
from web.sink_metrics import SinkCollector


def registry(center: Center, consumers: Consumers) -> CollectorRegistry:
    """A registry of our own: the library's global one would keep the center of an earlier app alive."""
    own = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=own)
    PlatformCollector(registry=own)
    GCCollector(registry=own)
    own.register(CenterCollector(center))
    own.register(ConsumerCollector(center, consumers))
    own.register(SinkCollector(center))
    return own


class CenterCollector(Collector):
    def __init__(self, center: Center) -> None:
        self._center = center

    def collect(self) -> Iterator[Metric]:
        yield self._build()
        yield from self._store()
        yield from self._retention()
        yield from self._streams()

    def _build(self) -> Metric:
        info = GaugeMetricFamily(
            "eventcenter_info", "What runs here.", labels=["version", "instance", "demo"]
        )
        info.add_metric([eventcenter.__version__, self._center.instance, str(self._center.demo).lower()], 1)
        return info

    def _store(self) -> Iterator[Metric]:
        status = self._center.store()
        labels = [self._center.instance]
        counters = {
            "eventcenter_changes": ("Changes stored since the start.", status.changes_written),
            "eventcenter_duplicates": (
                "Deliveries that told nothing new.",
                status.duplicates,
            ),
        }
        gauges = {
            "eventcenter_store_writable": ("1 while the store can be written.", int(status.writable)),
            "eventcenter_store_notices": (
                "Notices about the file: damaged or removed since the start, salvaging.",
                len(status.notices),
            ),
            "eventcenter_store_queue": ("Changes taken from the watch and not yet stored.", status.queued),
            "eventcenter_store_seq": ("Number of the newest change.", status.seq),
            "eventcenter_store_bytes": ("Bytes of the store on disk.", status.size_bytes),
        }
        for name, (text, value) in counters.items():
            counter = CounterMetricFamily(name, text, labels=["instance"])
            counter.add_metric(labels, value)
            yield counter
        for name, (text, value) in gauges.items():
            gauge = GaugeMetricFamily(name, text, labels=["instance"])
            gauge.add_metric(labels, value)
            yield gauge

    def _retention(self) -> Iterator[Metric]:
        status = self._center.retention()
        labels = [self._center.instance]
        texts = {
            "eventcenter_pruned_events": ("Events that retention deleted since the start.", status.events),
            "eventcenter_pruned_undelivered_events": (
                "Of them, those that a sink had not delivered.",
                status.undelivered,
            ),
        }
        for name, (text, value) in texts.items():
            counter = CounterMetricFamily(name, text, labels=["instance"])
            counter.add_metric(labels, value)
            yield counter
        last = GaugeMetricFamily(
            "eventcenter_prune_last_run_timestamp_seconds", "When retention ran last.", labels=["instance"]
        )
        took = GaugeMetricFamily(
            "eventcenter_prune_duration_seconds", "Work of the last run.", labels=["instance"]
        )
        failed = GaugeMetricFamily(
            "eventcenter_prune_failed", "1 when the last run failed.", labels=["instance"]
        )
        if status.last_run is not None:
            last.add_metric(labels, status.last_run / 1000)
            took.add_metric(labels, status.seconds)
            failed.add_metric(labels, int(status.error is not None))
        yield from (last, took, failed)

    def _streams(self) -> Iterator[Metric]:
        labels = ["instance", "stream"]
        prefix = "eventcenter_watch_"
        connected = GaugeMetricFamily(prefix + "connected", "1 while the watch is open.", labels=labels)
        lag = GaugeMetricFamily(
            prefix + "lag_seconds", "Arrival minus event time of the newest event.", labels=labels
        )
        last = GaugeMetricFamily(
            prefix + "last_change_timestamp_seconds", "When the newest change arrived.", labels=labels
        )
        reconnects = CounterMetricFamily(
            prefix + "reconnects", "Watches that ended other than by their time limit.", labels=labels
        )
        relists = CounterMetricFamily(prefix + "relists", "Lists after the first one.", labels=labels)
        malformed = CounterMetricFamily(
            prefix + "malformed", "Objects that no event could be made of.", labels=labels
        )
        for stream in self._center.streams():
            names = [self._center.instance, stream.stream]
            connected.add_metric(names, _connected(stream))
            reconnects.add_metric(names, stream.reconnects)
            relists.add_metric(names, stream.relists)
            malformed.add_metric(names, stream.malformed)
            if stream.lag_ms is not None:
                lag.add_metric(names, stream.lag_ms / 1000)
            if stream.last_change is not None:
                last.add_metric(names, stream.last_change / 1000)
        yield from (connected, lag, last, reconnects, relists, malformed)


def _connected(stream: StreamStatus) -> int:
    return int(stream.phase is Phase.WATCHING)
