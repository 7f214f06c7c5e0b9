"""From events in a real store to messages in a channel: a storm, a channel that is away, a kill."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.alerts.catalogue import built_in_rules
from eventcenter.alerts.desk import Telling
from eventcenter.alerts.engine import Engine
from eventcenter.center import RunningCenter
from eventcenter.model import Batch
from eventcenter.settings import Settings
from eventcenter.store import AlertTable, NotificationTable
from sinks.alerting import Alerting
from sinks.configuring import configure
from sinks.delivery import Refused, TryAgain
from sinks.messages import Message
from sinks.settings import SinkSettings, Surroundings
from tests.alerts.notifying_world import routing
from tests.care.conftest import made

NOW = 1_795_435_200_000
SECOND, MINUTE = 1000, 60_000
PAUSE = threading.Event()
ROUTE = {"receivers": ["oncall"], "group_by": ["rule", "namespace"]}


class Channel:
    resolves = False

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.error: Exception | None = None
        self.tries = 0

    def tell(self, message: Message) -> None:
        self.tries += 1
        if self.error is not None:
            raise self.error
        self.got.append(message)

    def close(self) -> None: ...


class Told:
    """A center whose events and clock are made by hand, and whose one channel is a list."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.now, self.count = directory, NOW, 0
        self.channel = Channel()
        import dataclasses

        (sink,) = configure(
            ["dingtalk:https://oapi.dingtalk.com/robot/send?access_token=secret-of-oncall&name=oncall"],
            Surroundings(url="https://events.example.com", language="en"),
        )
        kind = dataclasses.replace(sink.kind, messenger=lambda settings: self.channel, per_minute=60_000)
        self.sink: SinkSettings | None = dataclasses.replace(sink, kind=kind)
        self.start()

    def start(self) -> None:
        self.center = RunningCenter(Settings(data_dir=self.directory), "default")
        call, reader = self.center.writer.call, self.center.reader
        self.table, self.kept = AlertTable(call, reader), NotificationTable(call, reader)
        self.alerting = Alerting(self.kept, lambda name: self.sink, reader.changes, lambda: self.now)
        self.telling = Telling(self.kept, lambda: self.now, self.alerting.wake)
        self.engine = Engine(reader, self.table, lambda: self.now, telling=self.telling)
        self.alerting.start()
        self.engine.start(built_in_rules(), routing(ROUTE))

    def stop(self) -> None:
        self.engine.stop()
        self.alerting.stop()
        self.center.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def put(self, events: list[dict[str, Any]]) -> None:
        batch = []
        for fields in events:
            self.count += 1
            batch.append(
                made(self.count, **{"last_time": self.now, "level": "Warning", "problem": ""} | fields)
            )
        self.center.writer.deliver(Batch("events", batch))
        assert self.center.writer.flush(20)
        self.until(lambda: self.judged())

    def judged(self) -> bool:
        state = self.table.state()
        return state is not None and state.seq == self.center.store().seq

    def until(self, holds: Callable[[], object]) -> None:
        for _ in range(1000):
            if holds():
                return
            PAUSE.wait(0.02)
        raise AssertionError([(one.reason, one.outcome, one.error) for one in self.kept.log(50)])

    def passes(self, length: int) -> None:
        """And all that is due by then is decided and, while the channel takes it, told."""
        self.now += length
        self.until(lambda: not self.telling.is_due())
        with self.engine._change:  # what is decided is kept when the round is over
            pass
        self.until(lambda: self.channel.error or not self.kept.awaited())


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    made = Told(tmp_path / "data")
    made.until(made.judged)
    yield made
    made.stop()


def crash(deployment: int, pod: int, node: str = "n1") -> dict[str, Any]:
    letters = "bcdfghjklm"
    suffix = letters[pod // 10 % 10] + letters[pod % 10]
    return {
        "reason": "BackOff",
        "kind": "Pod",
        "namespace": "shop",
        "name": f"web{deployment}-6f7d9cb58-x29{suffix}",
        "component": "kubelet",
        "hostname": node,
        "message": "Back-off restarting failed container",
    }


def node_lost(node: str) -> dict[str, Any]:
    return {"reason": "NodeNotReady", "kind": "Node", "namespace": "", "name": node, "level": "Normal"}


def test_a_storm_of_five_hundred_pods_and_a_lost_node(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    # Deployments 0 to 3 are everywhere, the Pods of 4 all on the node that is lost.
    told.put([crash(d, p, "n9" if d == 4 else f"n{p % 5}") for d in range(5) for p in range(100)])
    told.put([node_lost("n9")])
    told.passes(40 * SECOND)
    told.restart()
    for _ in range(5):
        told.passes(5 * MINUTE)
        told.restart()
    with capsys.disabled():
        print(f"\n501 events, 7 starts, 25 minutes: {len(told.channel.got)} messages")
        print(*(f"  {message.title}" for message in told.channel.got), sep="\n")
    firing = list(told.channel.got)
    assert sorted(message.title for message in firing) == [
        "[critical] Node not ready: n9",
        "[high] Container in crash loop: shop/web0 and 3 more",
        "[high] Warning events surge in the cluster",
        "[medium] Warning events surge in one namespace: shop",
    ]
    assert any(entry.reason == "inhibited by node-not-ready of n9" for entry in told.kept.log(100))
    crashes = next(message for message in firing if "crash" in message.title)
    assert "What to do" in crashes.text and "×" in crashes.text
    assert crashes.link == "https://events.example.com/alerts"
    told.put([{"reason": "NodeReady", "kind": "Node", "namespace": "", "name": "n9", "level": "Normal"}])
    told.passes(10 * MINUTE)  # quiet for half an hour by now
    told.passes(5 * MINUTE)
    over = told.channel.got[len(firing) :]
    assert sorted((message.key, message.resolved) for message in over) == sorted(
        (message.key, True) for message in firing
    )


def test_a_channel_that_is_away_for_an_hour_gets_it_later(told: Told) -> None:
    told.channel.error = TryAgain("the robot is away, said secret-of-oncall", after_s=0.01)
    told.put([crash(0, 0)])
    told.passes(MINUTE)
    told.until(lambda: told.channel.tries)
    told.put([crash(1, 0)])
    told.passes(5 * MINUTE)
    told.passes(54 * MINUTE)
    told.until(lambda: any(entry.error for entry in told.kept.log(50)))
    assert all("secret-of-oncall" not in entry.error for entry in told.kept.log(50))
    told.restart()
    assert told.channel.got == []
    told.channel.error = None
    told.until(lambda: not told.kept.awaited())
    titles = [message.title for message in told.channel.got]
    # One message for all that piled up, then the end of it: the quiet of an hour.
    assert titles[0].startswith("[high] Container in crash loop: shop/web") and "and 1 more" in titles[0]
    assert [title[:6] for title in titles[1:]] == ["[over]"]


def test_what_is_refused_is_recorded_and_the_next_goes_on(told: Told) -> None:
    told.channel.error = Refused("the message is too bad")
    told.put([crash(0, 0)])
    told.now += MINUTE
    told.until(lambda: [e for e in told.kept.log(9) if e.outcome == "refused" and "too bad" in e.error])
    told.channel.error = None
    told.put([node_lost("n3")])
    told.passes(MINUTE)
    assert [message.title for message in told.channel.got] == ["[critical] Node not ready: n3"]


def test_without_its_sink_it_waits(told: Told) -> None:
    sink, told.sink = told.sink, None
    told.put([node_lost("n3")])
    told.now += MINUTE
    told.until(lambda: [e for e in told.kept.log(9) if "there is no sink" in e.error])
    told.restart()
    told.sink = sink
    told.until(lambda: len(told.channel.got) == 1)


def test_a_kill_between_deciding_and_telling_repeats_and_forgets_nothing(told: Told) -> None:
    """The channel never got it: the thread that tells is stopped before the engine decides."""
    told.alerting.stop()
    told.put([node_lost("n3")])
    told.now += MINUTE
    told.until(told.kept.awaited)
    told.restart()
    told.until(lambda: len(told.channel.got) == 1)
    for _ in range(3):
        told.restart()
        told.passes(5 * MINUTE)
    assert len(told.channel.got) == 1


def test_silences_and_acknowledgements_are_kept_over_restarts(told: Told) -> None:
    told.put([crash(0, 0)])
    (alert,) = told.engine.active()
    told.telling.acknowledge(alert, "me", "on it", 100 * MINUTE)
    told.restart()
    told.until(told.judged)
    told.passes(10 * MINUTE)
    assert told.channel.got == [] and len(told.telling.silences(told.now)) == 1
    told.telling.end_silence(1)
    told.passes(5 * MINUTE)
    assert len(told.channel.got) == 1


def test_what_began_and_ended_while_it_was_away_is_not_told(told: Told) -> None:
    told.stop()
    told.center = RunningCenter(Settings(data_dir=told.directory), "default")
    for number, reason in enumerate(["NodeNotReady", *["Quiet"] * 600, "NodeReady"]):
        told.count += 1
        event = made(
            told.count,
            **node_lost("n3") | {"reason": reason, "last_time": NOW + number * SECOND, "problem": ""},
        )
        told.center.writer.deliver(Batch("events", [event]))
    assert told.center.writer.flush(20)
    told.center.close()
    told.now += 60 * MINUTE
    told.start()
    told.until(told.judged)
    told.passes(10 * MINUTE)
    assert not any("Node" in message.title for message in told.channel.got)
    reasons = [entry.reason for entry in told.kept.log(9) if entry.rules == ("node-not-ready",)]
    assert reasons == ["over before it was told", "grouped"]
