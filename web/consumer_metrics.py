"""The lag of named consumers in `/metrics`."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from eventcenter.consuming import Consumers
from eventcenter.errors import StoreError
from eventcenter.ports import Center

log = logging.getLogger(__name__)

SHOWN = 100
"""Of the consumers those that lag most: each is a series of its own."""


class ConsumerCollector(Collector):
    def __init__(self, center: Center, consumers: Consumers) -> None:
        self._center = center
        self._consumers = consumers

    def collect(self) -> Iterator[Metric]:
        instance = self._center.instance
        count = GaugeMetricFamily("eventcenter_consumers", "Named consumers.", labels=["instance"])
        labels = ["instance", "consumer"]
        of = f"of the {SHOWN} named consumers that lag most"
        lag = GaugeMetricFamily(
            "eventcenter_consumer_lag_changes", f"Changes not acknowledged, {of}.", labels=labels
        )
        age = GaugeMetricFamily(
            "eventcenter_consumer_lag_seconds", f"Age of the oldest of them, {of}.", labels=labels
        )
        try:
            found = self._consumers.list()
        except StoreError as error:  # the other numbers are wanted most just then
            log.warning("the lag of consumers cannot be read: %s", error)
            return
        count.add_metric([instance], len(found))
        for item in sorted(found, key=lambda item: item.lag, reverse=True)[:SHOWN]:
            lag.add_metric([instance, item.name], item.lag)
            age.add_metric([instance, item.name], item.lag_ms / 1000)
        yield from (count, lag, age)
