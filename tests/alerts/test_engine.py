"""The judge over a real store: within seconds, over restarts exactly, without a flood after hours away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.alerted import AlertRecord
from eventcenter.alerts.catalogue import built_in_rules
from eventcenter.alerts.documents import read_rules
from eventcenter.alerts.engine import Engine
from eventcenter.alerts.rule import Rule
from eventcenter.center import RunningCenter
from eventcenter.model import Batch
from eventcenter.settings import Settings
from eventcenter.store import AlertTable
from tests.care.conftest import made

NOW = 1_795_435_200_000
MINUTE = 60_000
OWN = {
    "name": "own",
    "search": "reason:Trouble",
    "count": 3,
    "within": "10m",
    "quiet": "30m",
    "group_by": ["namespace"],
}


class Judged:
    """A center whose events and clock are made by hand."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now = NOW
        self.count = 0
        self.open()

    def open(self) -> None:
        self.center = RunningCenter(Settings(data_dir=self.directory), "default")

    def start(self, *documents: Any, rules: dict[str, Rule] | None = None) -> None:
        only = {name: rule for name, rule in read_rules(list(documents)).items() if rule.origin == "settings"}
        self.table = AlertTable(self.center.writer.call, self.center.reader)
        self.engine = Engine(self.center.reader, self.table, lambda: self.now)
        self.engine.start(rules or only)

    def stop(self) -> None:
        self.engine.stop()
        self.center.close()

    def restart(self, *documents: Any) -> None:
        self.stop()
        self.open()
        self.start(*documents)

    def put(self, occurrences: int = 1, minute: float = 0, **fields: Any) -> None:
        self.count += 1
        given = {
            "reason": "Trouble",
            "namespace": "shop",
            "last_time": NOW + round(minute * MINUTE),
            "count": occurrences,
        }
        self.center.writer.deliver(Batch("events", [made(self.count, **given | fields)]))
        assert self.center.writer.flush(20)

    def judged(self) -> None:
        """Wait until all that is stored has been looked at and kept."""
        pause = threading.Event()
        newest = self.center.store().seq
        for _ in range(500):
            if (kept := self.table.state()) is not None and kept.seq == newest:
                return
            pause.wait(0.02)
        raise AssertionError("not judged")

    def when(self, count: int) -> list[AlertRecord]:
        """The active alerts once there are so many."""
        pause = threading.Event()
        for _ in range(500):
            if len(found := self.engine.active()) == count:
                return found
            pause.wait(0.02)
        raise AssertionError(f"there are {self.engine.active()}")

    def over(self, count: int) -> list[AlertRecord]:
        pause = threading.Event()
        for _ in range(500):
            if len(found := self.engine.history(0, 2**60, 100)) == count:
                return found
            pause.wait(0.02)
        raise AssertionError(f"there are {self.engine.history(0, 2**60, 100)}")


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Judged]:
    made = Judged(tmp_path / "data")
    yield made
    made.stop()


def test_an_alert_from_the_first_event_to_the_end(judged: Judged) -> None:
    judged.now = NOW + 2 * MINUTE
    judged.start(OWN)
    judged.put(2)
    judged.put(minute=1)
    (alert,) = judged.when(1)
    assert (alert.state, alert.occurrences, alert.labels) == ("firing", 3, {"namespace": "shop"})
    judged.now = NOW + 40 * MINUTE
    (over,) = judged.over(1)
    assert (over.state, over.resolved, over.why) == ("resolved", NOW + 31 * MINUTE, "nothing for 30 min")
    assert judged.when(0) == []


def test_a_restart_between_two_occurrences_forgets_none(judged: Judged) -> None:
    judged.start(OWN)
    judged.put(2)
    judged.judged()
    judged.restart(OWN)
    judged.put(minute=1)
    assert judged.when(1)[0].occurrences == 3


def test_a_restart_goes_on_with_the_same_alert(judged: Judged) -> None:
    judged.start(OWN)
    judged.put(5)
    (before,) = judged.when(1)
    judged.stop()
    judged.open()
    judged.put(4, minute=2)  # while it was away
    judged.start(OWN)
    for _ in range(500):
        (after,) = judged.when(1)
        if after.occurrences == 9:
            break
    assert (after.id, after.fired, after.occurrences) == (before.id, before.fired, 9)


def test_what_was_missed_is_judged_by_its_own_time(judged: Judged) -> None:
    """Two troubles hours ago are over, and were never one; the hour away is no quiet for the third."""
    judged.start(OWN)
    judged.judged()
    judged.stop()
    judged.open()
    for minute in (0, 120, 239):
        judged.put(3, minute=minute)
    judged.now = NOW + 240 * MINUTE
    judged.start(OWN)
    assert [alert.resolved for alert in judged.over(2)] == [NOW + 150 * MINUTE, NOW + 30 * MINUTE]
    assert judged.when(1)[0].since == NOW + 239 * MINUTE


def test_changed_rules_keep_what_is_as_it_was(judged: Judged) -> None:
    other = OWN | {"name": "other", "group_by": []}
    judged.start(OWN, other)
    judged.put(3)
    before = {alert.rule: alert.id for alert in judged.when(2)}
    judged.engine.follow({"own": read_rules([OWN | {"severity": "low"}])["own"]})
    (alert,) = judged.when(1)
    assert (alert.rule, alert.id) == ("own", before["own"])
    assert judged.over(1)[0].why == "the rule is gone"


def test_an_event_from_the_future_ends_nothing(judged: Judged) -> None:
    judged.start(OWN | {"group_by": ["namespace"]})
    judged.put(3)
    judged.put(3, minute=60 * 24 * 365, namespace="wrong-clock")
    assert {alert.labels["namespace"] for alert in judged.when(2)} == {"shop", "wrong-clock"}
    assert judged.engine.history(0, 2**60, 100) == []


def test_a_thousand_rules(judged: Judged) -> None:
    documents = [OWN | {"name": f"r{number}", "search": f"reason:Trouble{number}"} for number in range(1000)]
    judged.start(*documents)
    judged.put(3, reason="Trouble777")
    assert judged.when(1)[0].rule == "r777"


def test_the_catalogue_judges_a_crash_loop_of_forty_pods_as_one(judged: Judged) -> None:
    judged.start(rules=built_in_rules())
    for number in range(40):
        judged.put(
            1,
            reason="BackOff",
            level="Warning",
            name=f"web-6f7d9cb58-x29{number:02}".replace("0", "b").replace("1", "c").replace("3", "d"),
            message="Back-off restarting failed container",
            kind="Pod",
            problem="",
        )
    (alert,) = judged.when(1)
    assert (alert.rule, alert.labels["workload"]) == ("pod-crash-loop", "web")


def test_a_quiet_center_writes_nothing(judged: Judged) -> None:
    judged.start(OWN)
    judged.put(3)
    judged.when(1)
    judged.judged()
    kept: list[object] = []
    keep = judged.table.keep

    def counting(*given: Any) -> None:
        kept.append(given)
        keep(*given)

    judged.table.keep = counting  # type: ignore[method-assign]
    for _ in range(3):
        judged.now += 6_000
        looked = judged.engine._kept_at
        for _ in range(500):
            if judged.engine._kept_at > looked:
                break
            threading.Event().wait(0.02)
    assert kept == []
    judged.now += 40 * MINUTE  # now it is over
    judged.over(1)
    assert kept
