"""Puts the agent together: monitors report to exporters, and two small servers say how it is doing.

The same inside of the center (without the servers) and as a process of its own on a node."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack

from npd.model import CheckState, Event, Exporter, Health, Monitor, Severity, Status
from npd.report import metrics
from npd.report.http import JSON, Said, StatusServer
from npd.report.kubernetes import KubernetesExporter
from npd.report.metrics import ProblemMetrics
from npd.report.times import written

log = logging.getLogger(__name__)

SOURCE = "eventcenter-npd"
"""Component of the events about the agent itself."""
PROBLEM_REASON = "NodeCheckNotRunning"


class Agent:
    """`problems`: what is wrong with the configuration, a line each; it is reported, and everything else runs."""

    def __init__(
        self,
        monitors: Sequence[Monitor],
        kubernetes: KubernetesExporter | None,
        problems: Sequence[str] = (),
        more: Sequence[Exporter] = (),
    ) -> None:
        self._monitors = monitors
        self._kubernetes = kubernetes
        self._problems = problems
        self.metrics = ProblemMetrics(monitors)
        self._exporters: list[Exporter] = [self.metrics, *more]
        if kubernetes is not None:
            self._exporters.append(kubernetes)
        self._servers = ExitStack()

    def start(self) -> None:
        if self._kubernetes is not None:
            self._kubernetes.start()
        now = time.time()
        wrong = tuple(Event(Severity.WARN, now, PROBLEM_REASON, problem) for problem in self._problems)
        if wrong:
            self.report(Status(SOURCE, wrong))
        for monitor in self._monitors:
            monitor.start(self.report)

    def serve(self, address: str, port: int, metrics_address: str, metrics_port: int) -> None:
        """Before `start`. OSError when an address is taken. Port 0 leaves that server out."""
        status = {"/healthz": self._healthz, "/conditions": self._conditions, "/status": self._status}
        if port:
            self._serve(StatusServer(address, port, status))
        if metrics_port:
            self._serve(StatusServer(metrics_address, metrics_port, {"/metrics": self._metrics}))

    def _serve(self, server: StatusServer) -> None:
        server.start()
        self._servers.callback(server.stop)

    def stop(self) -> None:
        """Monitors first, so that what they say last is told too."""
        for monitor in self._monitors:
            monitor.stop()
        for exporter in self._exporters:
            exporter.stop()
        self._servers.close()

    def report(self, status: Status) -> None:
        for exporter in self._exporters:
            exporter.export(status)

    def health(self) -> list[Health]:
        found = [one for monitor in self._monitors for one in monitor.health()]
        found += [Health("configuration", CheckState.BROKEN, problem) for problem in self._problems]
        return found if self._kubernetes is None else [*found, self._kubernetes.health()]

    def _healthz(self) -> Said:
        dead = [
            f"{one.name}: {one.detail or 'does not run any more'}" for one in self.health() if not one.alive
        ]
        return Said("\n".join(dead) + "\n", 503) if dead else Said("ok\n")

    def _conditions(self) -> Said:
        held = self._kubernetes.held() if self._kubernetes is not None else []
        shown = [
            {
                "type": one.type,
                "status": one.status,
                "transition": written(one.since),
                "reason": one.reason,
                "message": one.message,
            }
            for one in held
        ]
        return Said(json.dumps(shown, ensure_ascii=False) + "\n", type=JSON)

    def _status(self) -> Said:
        shown = [
            {
                "check": one.name,
                "state": one.state,
                "detail": one.detail,
                "last_run": one.last_run,
                "lost": one.lost,
            }
            for one in self.health()
        ]
        return Said(json.dumps(shown, ensure_ascii=False, indent=1) + "\n", type=JSON)

    def _metrics(self) -> Said:
        tally = self._kubernetes.tally if self._kubernetes is not None else None
        text = metrics.exposition(
            self.metrics.lines, lambda: metrics.own_lines(self.health(), tally, time.time())
        )
        return Said(text, type=metrics.CONTENT_TYPE)
