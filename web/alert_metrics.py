"""Alerts in `/metrics`."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from eventcenter.errors import StoreError
from eventcenter.ports import Center

log = logging.getLogger(__name__)


class AlertCollector(Collector):
    def __init__(self, center: Center) -> None:
        self._center = center

    def collect(self) -> Iterator[Metric]:
        if self._center.alerts is None:
            return
        labels = ["instance", "severity", "state"]
        active = GaugeMetricFamily("eventcenter_alerts", "Alerts that are not over.", labels=labels)
        lag = GaugeMetricFamily(
            "eventcenter_alerts_lag_changes", "Changes that are not judged yet.", labels=["instance"]
        )
        rules = GaugeMetricFamily("eventcenter_rules", "Rules that are switched on.", labels=["instance"])
        try:
            found = Counter((alert.severity, alert.state) for alert in self._center.alerts.active())
            status = self._center.alerts.status()
        except StoreError as error:  # the other numbers are wanted most just then
            log.warning("alerts cannot be read: %s", error)
            return
        for (severity, state), count in sorted(found.items()):
            active.add_metric([self._center.instance, severity, state], count)
        lag.add_metric([self._center.instance], status.lag)
        rules.add_metric([self._center.instance], status.rules)
        yield from (active, lag, rules)
