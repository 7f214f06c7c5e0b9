"""The benchmark of sinks, small: through a sender and through a whole center, with a server that is killed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench import sink_servers
from bench.sinks import Outcome, measured, points
from sinks import patience
from tests.sinks.servers.process import Missing

Measured = Callable[[str, str], Outcome]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Measured:
    monkeypatch.setattr(patience, "FIRST_S", 0.05)
    monkeypatch.setattr(patience, "MOST_S", 0.2)

    def measuring(name: str, way: str) -> Outcome:
        (destination,) = [one for one in sink_servers.DESTINATIONS if one.name == name]
        try:
            return measured(destination, way, events=6000, kills=2)
        except Missing as missing:
            pytest.skip(str(missing))

    return measuring


@pytest.mark.parametrize("name", ["MariaDB", "PostgreSQL", "InfluxDB 1"])
@pytest.mark.parametrize("way", ["killed", "center"])
def test_nothing_is_lost_or_doubled(small: Measured, name: str, way: str) -> None:
    outcome = small(name, way)
    assert (outcome.kills, outcome.distinct, outcome.lost, outcome.doubled) == (2, 6000, 0, 0)


def test_kills_are_spread_over_the_way() -> None:
    assert points(100_000, 3) == [25_000, 50_000, 75_000]
    assert points(100_000, 0) == []
