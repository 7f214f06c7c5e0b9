"""The store that the figures are measured on is one that the writer could have written."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.build import build
from eventcenter.query import EventQuery
from eventcenter.store import open_reader
from eventcenter.store.audit import orphans, rollup_differences

A_DAY, DAYS = 600, 6


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("built")
    build(directory, A_DAY * DAYS, a_day=A_DAY)
    return directory


@pytest.fixture
def connection(data_dir: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(data_dir / "instances" / "default" / "events.db")) as connection:
        yield connection


def test_it_is_sound(connection: sqlite3.Connection) -> None:
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    days = [day for (day,) in connection.execute("SELECT day FROM words")]
    assert len(days) in (DAYS, DAYS + 1)
    for day in days:
        connection.execute(f"INSERT INTO words_{day} (words_{day}) VALUES ('integrity-check')")
    assert rollup_differences(connection) == []
    assert orphans(connection) == 0


def test_it_has_the_size_that_was_asked_for(connection: sqlite3.Connection) -> None:
    (events,) = connection.execute("SELECT count(*) FROM event").fetchone()
    assert events == pytest.approx(A_DAY * DAYS, rel=0.1)


def test_every_event_has_a_uid_of_its_own_and_its_object_says_it(data_dir: Path) -> None:
    with closing(open_reader(data_dir, "default")) as reader:
        events = reader.list_events(EventQuery(limit=2 * A_DAY * DAYS)).events
        assert max(Counter(event.uid for event in events).values()) == 1
        for event in events[:: A_DAY // 10]:
            found = reader.event(event.uid)
            assert (found.event, found.raw["metadata"]["uid"]) == (event, event.uid)
            assert found.raw["message"] == event.message
            assert sum(step.occurrences for step in found.occurrences) == event.count
