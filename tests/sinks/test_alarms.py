"""A sink that does not keep up is told of once, and once when it does again."""

from __future__ import annotations

from typing import Any

import pytest

from eventcenter.forwarded import SinkState, SinkStatus
from eventcenter.model import ChangeType
from eventcenter.normalize import normalize
from sinks.alarms import Alarms

MINUTE = 60_000


class Watching:
    def __init__(self) -> None:
        self.now = 1_795_435_200_000
        self.told: list[dict[str, Any]] = []
        self.alarms = Alarms("default", lambda: self.now, self.told.append)

    def look(self, minutes: int = 1, **status: Any) -> list[str]:
        """The reasons told of at this look, so many minutes after the one before."""
        self.now += minutes * MINUTE
        before = len(self.told)
        self.alarms.look(
            [SinkStatus(name="ops", kind="slack", address="slack:***", **status)], lambda name: 10 * MINUTE
        )
        return [event["reason"] for event in self.told[before:]]


@pytest.fixture
def watching() -> Watching:
    return Watching()


@pytest.mark.parametrize(
    ("state", "reason"), [(SinkState.RETRYING, "SinkLagging"), (SinkState.BROKEN, "SinkBroken")]
)
def test_trouble_is_told_once_and_so_is_its_end(watching: Watching, state: SinkState, reason: str) -> None:
    told = [watching.look(state=state, lag=7, last_error="answered 503") for _ in range(30)]
    assert [reasons for reasons in told if reasons] == [[reason]]
    assert told.index([reason]) == 10
    assert "7 changes wait. answered 503" in watching.told[0]["message"]
    assert watching.look() == ["SinkRecovered"]
    assert watching.look() == []


def test_a_short_trouble_is_not_told(watching: Watching) -> None:
    for _ in range(5):
        assert watching.look(minutes=5, state=SinkState.RETRYING) == []
        assert watching.look() == []


def test_a_sink_that_falls_behind_is_in_trouble_and_one_that_catches_up_is_not(watching: Watching) -> None:
    for lag in range(100, 1, -1):
        assert watching.look(lag=lag, lag_ms=60 * MINUTE) == []
    told = [reason for lag in range(100, 120) for reason in watching.look(lag=lag, lag_ms=60 * MINUTE)]
    assert told == ["SinkLagging"]


def test_what_is_told_is_an_event(watching: Watching) -> None:
    for _ in range(11):
        watching.look(state=SinkState.BROKEN)
    event = normalize(ChangeType.ADDED, watching.told[0], received=watching.now).event
    assert (event.level, event.kind, event.name, event.component) == ("Warning", "Sink", "ops", "eventcenter")
    assert (event.namespace, event.first_time) == ("", watching.now - 10 * MINUTE)
