"""The agent reads of a kill in the kernel log, the center in the Pod's status: the store has it once."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventcenter.center import RunningCenter
from eventcenter.model import Batch, ChangeType, Event
from eventcenter.nodes.oom import HOLD_MS, OomKills
from eventcenter.normalize import normalize, oom_uid
from eventcenter.query import EventQuery
from eventcenter.settings import Settings
from tests.nodes.objects import NOW, RAN, killed, told_by_the_agent


class Trial:
    def __init__(self, directory: Path) -> None:
        self.center = RunningCenter(Settings(data_dir=directory), "default")
        self.now = NOW
        self.oldest = NOW - 90 * 86_400_000
        self.kills = self.restarted()

    def restarted(self) -> OomKills:
        return OomKills(lambda: self.now, self.center.has_event, lambda: self.oldest)

    def from_the_status(self, pod: bytes = killed()) -> None:
        self.kills.take(pod, False)
        self.now += HOLD_MS
        self.deliver("nodes", self.kills.due())

    def from_the_agent(self, version: str = "815", count: int = 1) -> None:
        event = told_by_the_agent(version=version, count=count)
        self.deliver("events", [normalize(ChangeType.ADDED, event, received=self.now)])

    def deliver(self, stream: str, changes: list) -> None:  # type: ignore[type-arg]
        if changes:
            self.center.writer.deliver(Batch(stream, changes))
            self.center.writer.flush(timeout=10)

    def events(self) -> list[Event]:
        return self.center.reader.list_events(EventQuery(from_time=0, to_time=NOW * 2)).events


@pytest.fixture
def trial(tmp_path: Path):  # type: ignore[no-untyped-def]
    trial = Trial(tmp_path)
    yield trial
    trial.center.close()


def test_the_status_alone_gives_an_event_of_the_exact_container(trial: Trial) -> None:
    trial.from_the_status()
    (event,) = trial.events()
    assert (event.kind, event.namespace, event.name) == ("Pod", "shop", "cart-1")
    assert (event.reason, event.problem, event.component) == (
        "ContainerOOMKilled",
        "pod-oom-killed",
        "eventcenter",
    )
    assert (event.object_uid, event.field_path, event.hostname) == (
        "uid-cart-1",
        "spec.containers{app}",
        "node-1",
    )
    assert event.last_time == NOW - 60_000
    assert "exit code 137, memory limit 64Mi" in event.message


@pytest.mark.parametrize("first", ["agent", "status"])
def test_both_are_one_event_and_the_fuller_text_stands(trial: Trial, first: str) -> None:
    for who in (first, "status" if first == "agent" else "agent"):
        trial.from_the_agent() if who == "agent" else trial.from_the_status()
    (event,) = trial.events()
    assert event.count == 1 and event.uid == oom_uid(RAN)
    assert "process java (pid 42" in event.message


def test_new_lists_and_restarts_tell_nothing_again(trial: Trial) -> None:
    for _ in range(3):
        trial.from_the_status()
        trial.from_the_agent()
        trial.kills = trial.restarted()
    assert [event.count for event in trial.events()] == [1]


def test_children_that_died_before_are_counted_by_the_agent(trial: Trial) -> None:
    trial.from_the_agent(version="815", count=2)
    trial.from_the_status()
    trial.from_the_agent(version="816", count=3)
    assert [event.count for event in trial.events()] == [3]


def test_each_run_of_the_container_is_a_kill_of_its_own(trial: Trial) -> None:
    trial.from_the_status()
    trial.from_the_status(killed("bb" * 32, finished=NOW))
    assert len(trial.events()) == 2


def test_other_ends_and_what_retention_took_are_no_news(trial: Trial) -> None:
    trial.from_the_status(killed(reason="Error"))
    trial.from_the_status(killed(finished=trial.oldest - 1))
    assert trial.events() == []


def test_an_event_of_the_node_about_the_kill_stays_one_of_its_own(trial: Trial) -> None:
    event = told_by_the_agent()
    event["involvedObject"] = {"kind": "Node", "name": "node-1"}
    assert normalize(ChangeType.ADDED, event, received=NOW).event.uid == "made-by-the-server"
