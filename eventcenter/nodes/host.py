"""The node-problem detector in this process, for the node that the center runs on. Its way to the API server is the
center's own connection; what may not be written there goes straight into the store."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventcenter.errors import ClusterError, MalformedEvent, StoreError
from eventcenter.model import Batch, ChangeType
from eventcenter.nodes.telling import VERSION
from eventcenter.normalize import normalize
from eventcenter.ports import Clock, Deliver
from eventcenter.watch.connection import Connection
from npd.agent import Agent
from npd.composing import StateKeeper, compose
from npd.model import CheckState
from npd.options import Options
from npd.report.api import Answer, Unreachable
from npd.report.kubernetes import KubernetesExporter

log = logging.getLogger(__name__)

STREAM = "npd"
COMPONENT = "eventcenter-npd"
"""Of events that only the store has."""
MONITOR = "npd.eventcenter/monitor"
"""Annotation of such an event: the component that it would have in the cluster."""
TIMEOUT_S = 10.0
TELL_AFTER_S = 60.0
"""When every check has looked at least once."""


class CenterApi:
    """The agent's API client on the center's connection, which knows every way to log in."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def request(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Answer:
        try:
            if self._connection is None:
                self._connection = self._connect()
            answer = self._connection.request(
                method, path, body=body, timeout=TIMEOUT_S, content_type=content_type
            )
        except ClusterError as error:
            self.close()
            raise Unreachable(str(error)) from error
        if answer.status == 401:
            self.close()  # the next request reads the credentials anew
        wait = answer.headers.get("Retry-After", "")
        return Answer(answer.status, answer.json, float(wait) if wait.isdecimal() else 0.0)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class HostChecks:
    """Checks the node `node`. `configs` are node-problem-detector's files, `state_dir` is where to remember."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        deliver: Deliver,
        clock: Clock,
        node: str,
        configs: tuple[Path, ...],
        state_dir: Path,
    ) -> None:
        self._deliver = deliver
        self._clock = clock
        self._api = CenterApi(connect)
        composed = compose(Options(log_configs=configs, node=node, state_dir=state_dir))
        for problem in composed.problems:
            log.error("a monitor does not run: %s", problem)
        for warning in composed.warnings:
            log.warning("%s", warning)
        exporter = KubernetesExporter(self._api, node, composed.declared, fallback=self._store)
        self._agent = Agent(composed.monitors, exporter, composed.problems, [StateKeeper(composed.state)])
        self._telling = threading.Timer(TELL_AFTER_S, self._tell_states)
        self._telling.daemon = True
        log.info("checking node=%s with %d monitors", node, len(composed.monitors))

    def start(self) -> None:
        self._agent.start()
        self._telling.start()

    def stop(self) -> None:
        self._telling.cancel()
        self._agent.stop()
        self._api.close()

    def _store(self, event: dict[str, Any]) -> None:
        """Of the reporting thread. What cannot be stored is lost, and says so: nobody could wait for it here."""
        event["metadata"]["resourceVersion"] = VERSION
        event["metadata"]["annotations"][MONITOR] = event["source"]["component"]
        event["source"]["component"] = event["reportingComponent"] = COMPONENT
        try:
            change = normalize(ChangeType.MODIFIED, event, received=self._clock())
            self._deliver(Batch(STREAM, [change]))
        except (StoreError, MalformedEvent) as error:
            log.error("an event of the node checks is lost reason=%s error=%s", event["reason"], error)

    def _tell_states(self) -> None:
        for one in self._agent.health():
            level = logging.WARNING if one.state is CheckState.BROKEN else logging.INFO
            log.log(level, "check=%s state=%s %s", one.name, one.state, one.detail)
