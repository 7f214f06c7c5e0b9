"""The node checks in the process of the center: through the API where that may be, else straight into the store."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.errors import ClusterError
from eventcenter.model import Batch
from eventcenter.nodes.host import COMPONENT, MONITOR, HostChecks
from eventcenter.watch.connection import Answer


class Connection:
    """Answers every request the same way."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.requests: list[tuple[str, str]] = []

    def request(self, method: str, path: str, **more: Any) -> Answer:
        self.requests.append((method, path))
        if not self.status:
            raise ClusterError("cannot reach it")
        return Answer(self.status, {}, {"message": "events is forbidden", "metadata": {}, "status": {}})

    def close(self) -> None:
        pass


def eventually(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)
    return found


class Trial:
    def __init__(self, directory: Path, status: int) -> None:
        self.log = directory / "kern.log"
        self.log.write_text("")
        config = {
            "plugin": "filelog",
            "pluginConfig": {
                "timestamp": "^.{20}",
                "message": "kernel: (.*)",
                "timestampFormat": "2006-01-02T15:04:05Z",
            },
            "logPath": str(self.log),
            "lookback": "5m",
            "source": "kernel-monitor",
            "conditions": [],
            "rules": [{"type": "temporary", "reason": "TaskHung", "pattern": "task .* blocked .*"}],
        }
        file, broken = directory / "kernel.json", directory / "broken.json"
        file.write_text(json.dumps(config))
        broken.write_text("{")
        self.batches: list[Batch] = []
        self.connection = Connection(status)
        self.checks = HostChecks(
            lambda: self.connection,  # type: ignore[arg-type,return-value]
            self.batches.append,
            lambda: int(time.time() * 1000),
            "node-1",
            (file, broken),
            directory / "state",
        )
        self.checks.start()

    def write(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} kernel: {text}\n")

    def stored(self, reason: str) -> list[Any]:
        changes = [change for batch in self.batches for change in batch.changes]
        return [change for change in changes if change.event.reason == reason]


@pytest.fixture
def trial(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Trial]:
    trial = Trial(tmp_path, request.param)
    yield trial
    trial.checks.stop()


@pytest.mark.parametrize("trial", [403], indirect=True)
def test_without_rights_events_go_into_the_store_and_say_so(trial: Trial) -> None:
    trial.write("task java:42 blocked for more than 120 seconds.")
    (change,) = eventually(lambda: trial.stored("TaskHung"))
    event = change.event
    assert (event.component, event.kind, event.name, event.hostname) == (
        COMPONENT,
        "Node",
        "node-1",
        "node-1",
    )
    assert event.message == "task java:42 blocked for more than 120 seconds."
    assert change.raw["metadata"]["annotations"][MONITOR] == "kernel-monitor"
    assert {batch.stream for batch in trial.batches} == {"npd"}


@pytest.mark.parametrize("trial", [403], indirect=True)
def test_a_file_that_is_wrong_is_an_event_and_the_other_runs(trial: Trial) -> None:
    (change,) = eventually(lambda: trial.stored("NodeCheckNotRunning"))
    assert "broken.json" in change.event.message
    trial.write("task java:1 blocked for more than 120 seconds.")
    eventually(lambda: trial.stored("TaskHung"))


@pytest.mark.parametrize("trial", [0], indirect=True)
def test_while_the_server_is_away_events_wait(trial: Trial) -> None:
    trial.write("task java:2 blocked for more than 120 seconds.")
    eventually(lambda: trial.connection.requests)
    trial.connection.status = 403
    eventually(lambda: trial.stored("TaskHung"))


@pytest.mark.parametrize("trial", [200], indirect=True)
def test_with_rights_events_are_left_to_the_watch(trial: Trial) -> None:
    trial.write("task java:3 blocked for more than 120 seconds.")
    eventually(
        lambda: [
            one for one in trial.connection.requests if one == ("POST", "/api/v1/namespaces/default/events")
        ]
    )
    assert trial.batches == []
