"""Days on which what is asked for does not stand are not read."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from eventcenter.query import EventQuery
from eventcenter.store.compile import FOREVER, compile_query
from eventcenter.store.presence import days_holding
from tests.store.conftest import Store
from tests.store.made import DAY, NOON, added, batch, event, modified, search

TODAY = NOON // DAY


@pytest.fixture
def filled(store: Store) -> Store:
    """Evicted three days ago only, in the namespace rare; Failed was a Warning yesterday and Normal before."""
    store.put(batch(*(added(event(n, last_time=NOON - n * DAY)) for n in range(6))))
    store.put(batch(added(event(10, reason="Evicted", namespace="rare", last_time=NOON - 3 * DAY))))
    store.put(batch(added(event(11, reason="Failed", level="Warning", last_time=NOON - DAY))))
    store.put(batch(added(event(12, reason="Failed", last_time=NOON - 2 * DAY))))
    return store


def read(store: Store, query: EventQuery) -> list[int]:
    """How many days ago the days are that a query reads."""
    with closing(sqlite3.connect(store.path)) as connection:
        compiled = compile_query(connection, query)
        found = days_holding(connection, 0, FOREVER, compiled.present, newest_first=True)
    return [TODAY - day for day in found]


@pytest.mark.parametrize(
    ("filters", "days"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"reason": ("Evicted",)}, [3]),
        ({"reason": ("Evicted", "Failed")}, [1, 2, 3]),
        ({"reason": ("Failed",), "level": ("Warning",)}, [1]),
        ({"level": ("Warning",)}, [1]),
        ({"reason": ("Evicted",), "namespace": ("shop",)}, [3]),  # each for itself stands there
        ({"reason": ("Evicted",), "level": ("Warning",)}, []),
        ({"host": ("*",)}, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_only_days_with_the_values_are_read(
    filled: Store, filters: dict[str, tuple[str, ...]], days: list[int]
) -> None:
    assert read(filled, EventQuery(filters=filters)) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("reason:Evicted", [3]),
        ("reason:Evicted and started", [3]),
        ("reason:Evicted or reason:Failed", [0, 1, 2, 3, 4, 5]),
        ("not reason:Evicted", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_so_are_those_of_a_search(filled: Store, text: str, days: list[int]) -> None:
    assert read(filled, search(text)) == days


def test_an_event_that_moved_to_another_day_is_found_there(filled: Store) -> None:
    filled.put(
        batch(modified(event(10, reason="Evicted", namespace="rare", count=2, last_time=NOON - DAY + 1), 2))
    )
    query = EventQuery(filters={"reason": ("Evicted",)})
    assert read(filled, query) == [1]
    assert [found.name for found in filled.reader.list_events(query).events] == ["web-10"]
