"""A cluster in this process that has Pods and their logs, and a store to keep them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from eventcenter.crashlogs.collector import Collector
from eventcenter.crashlogs.limiting import Limits
from eventcenter.crashlogs.redacting import Redactor
from eventcenter.rules import built_in
from eventcenter.store import CrashLogTable
from eventcenter.watch.backoff import Backoff
from eventcenter.watch.connection import Access, Connection, connect
from tests.store.conftest import Store, clock, nothing_is_left_open, open_store
from tests.store.made import Clock
from tests.watch.fake_cluster import FakeCluster, Request, serving

__all__ = ["clock", "nothing_is_left_open", "open_store"]

NO_PREVIOUS = 'previous terminated container "web" in pod "web-0" not found'


@dataclass
class PodServer(FakeCluster):
    """`logs` by Pod, container and whether of the previous run; a number instead is a status that refuses."""

    logs: dict[tuple[str, str, bool], bytes | int] = field(default_factory=dict)
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    pods_status: int = 200
    log_status: int = 0
    """Answered to every request for a log, unless 0."""

    def __post_init__(self) -> None:
        FakeCluster.__init__(self)

    def serve(self, request: Request) -> None:
        self.requests.append(request)
        parts = request.path.split("/")
        if parts[-1] == "pods":
            self._list(request)
        else:
            self._log(request, parts[-2])

    def asked_logs(self) -> list[Request]:
        return [request for request in list(self.requests) if request.path.endswith("/log")]

    def has_pod(self, name: str, run: str = "containerd://1", **fields: Any) -> None:
        ended = {"terminated": {"containerID": run, "finishedAt": "2026-11-23T11:59:58Z"}}
        status = {"name": "web", "state": {"waiting": {}}, "lastState": ended, "restartCount": 1}
        self.pods[name] = {"metadata": {"name": name}, "status": {"containerStatuses": [status]}} | fields

    def _list(self, request: Request) -> None:
        name = request.query["fieldSelector"].removeprefix("metadata.name=")
        body = {"items": [self.pods[name]] if name in self.pods else []}
        request.answer(self.pods_status, body if self.pods_status == 200 else {"message": "no"})

    def _log(self, request: Request, pod: str) -> None:
        if self.log_status:
            return request.answer(self.log_status, {"message": f"status {self.log_status}"})
        if pod not in self.pods:
            return request.answer(404, {"message": f'pods "{pod}" not found'})
        key = (pod, request.query.get("container", ""), request.query["previous"] == "true")
        found = self.logs.get(key, 400)
        if isinstance(found, int):
            return request.answer(found, {"message": NO_PREVIOUS})
        lines = found.splitlines(keepends=True)[-int(request.query["tailLines"]) :]
        # As the kubelet: lines from the end, bytes from the first of them.
        request.answer(
            200, b"".join(lines)[: int(request.query["limitBytes"])], {"Content-Type": "text/plain"}
        )


@pytest.fixture
def cluster() -> Iterator[PodServer]:
    with serving(PodServer()) as cluster:
        assert isinstance(cluster, PodServer)
        yield cluster


@pytest.fixture
def connection(cluster: PodServer) -> Callable[[], Connection]:
    return lambda: connect(Access(source=f"kubernetes:{cluster.url}?inClusterConfig=false"))


@pytest.fixture
def store(open_store: Callable[..., Store], tmp_path: Path) -> Store:
    """With the problems of the catalogue."""
    return open_store(tmp_path / "data", built_in().classify)


@pytest.fixture
def table(store: Store) -> CrashLogTable:
    return CrashLogTable(store.writer.call, store.reader, 10_000_000)


Collect = Callable[..., Collector]


@pytest.fixture
def collect(
    store: Store, table: CrashLogTable, connection: Callable[[], Connection], clock: Clock
) -> Iterator[Collect]:
    """Starts collectors, and stops them at the end."""
    made: list[Collector] = []

    def start(a_minute: int = 1000, lines: int = 200) -> Collector:
        collector = Collector(
            store.reader,
            table,
            connection,
            Redactor(),
            clock,
            Limits(clock, a_minute),
            lines,
            Backoff(0.01, 0.05),
        )
        made.append(collector)
        collector.start()
        return collector

    yield start
    for collector in made:
        collector.stop()
