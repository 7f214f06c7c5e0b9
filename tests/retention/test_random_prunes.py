"""Random streams, random prunes at random times, each cut off after a random slice: whatever happens, the file is
sound and exact, what the policy keeps is there, and what a finished prune leaves is exactly what the policy keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcenter.query import EventQuery
from eventcenter.store import retention
from eventcenter.store.preview import preview
from eventcenter.store.retention import Policy, Pruner
from eventcenter.store.schema import first_place
from tests.retention.looking import assert_sound, names, places
from tests.store.made import DAY, EVERYTHING, HOUR, NOON, Clock, added, batch, event, modified, search

WORDS = ("alpha", "beta")
FIRST = NOON - 13 * DAY
ages = st.sampled_from([HOUR, DAY, 3 * DAY, 10 * DAY])
events = st.tuples(
    st.integers(0, 9),  # which
    st.integers(0, 12 * 24),  # hours ago
    st.sampled_from(["Normal", "Warning", "Odd"]),
    st.sampled_from(WORDS),
)
actions = st.lists(
    st.one_of(
        st.lists(events, min_size=1, max_size=12),
        st.tuples(ages, ages, st.integers(0, 14), st.sampled_from([None, 0, 5])),
        st.just("restart"),
        st.integers(1, 2 * DAY),
    ),
    min_size=2,
    max_size=12,
)


class Crash(BaseException):
    """The process ends between two slices."""


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(actions)
def test_the_store_is_exact_whenever_pruning_ends(
    open_store: Callable[..., Any], clock: Clock, monkeypatch: pytest.MonkeyPatch, todo: list[Any]
) -> None:
    clock.now = NOON
    monkeypatch.setattr(retention, "SMALLEST", 1)
    monkeypatch.setattr(retention, "LARGEST", 2)
    monkeypatch.setattr(retention, "PAGES", 1)
    with tempfile.TemporaryDirectory() as directory:
        store = open_store(Path(directory))
        try:
            for version, action in enumerate(todo):
                if action == "restart":
                    store.restart()
                elif isinstance(action, int):
                    clock.now += action
                elif isinstance(action, list):
                    put(store, clock, action, version)
                else:
                    prune(store, clock, *action)
                look(store)
        finally:
            store.close()


def put(store: Any, clock: Clock, some: list[Any], version: int) -> None:
    for number, (which, hours, level, word) in enumerate(some):
        time = clock.now - hours * HOUR
        made = event(
            which, level=level, message=word, count=version + number + 1, first_time=FIRST, last_time=time
        )
        kind = added if hours % 2 else modified
        store.put(batch(kind(made, 100 * version + number + 1)))


def prune(store: Any, clock: Clock, normal: int, warning: int, slices: int, delivered: int | None) -> None:
    """`slices` is after how many the process ends; all are done when there are fewer."""
    before = places(store)
    policy = Policy(normal, warning, undelivered_ms=DAY)
    sinks = [("kafka", "sink", delivered, 0)] if delivered is not None else []
    store.writer.call(lambda c: c.execute("DELETE FROM cursor"))
    store.writer.call(lambda c: c.executemany("INSERT INTO cursor VALUES (?, ?, ?, ?)", sinks))
    found = preview(store.directory, "default", policy, clock.now)
    assert found.stored - found.events == len(kept(before, policy, clock.now, delivered))
    left = slices

    def rest(took: float) -> bool:
        nonlocal left
        left -= 1
        if not left:
            raise Crash
        return False

    try:
        Pruner(store.writer.call, clock, rest).run(policy)
    except Crash:
        assert (
            set(before.items())
            >= set(places(store).items())
            >= set(kept(before, policy, clock.now, delivered))
        )
        store.restart()
        Pruner(store.writer.call, clock).run(policy)
    assert set(places(store).items()) == set(kept(before, policy, clock.now, delivered))


def kept(before: dict[str, Any], policy: Policy, now: int, delivered: int | None) -> list[Any]:
    ages = {"Normal": policy.normal_ms, "Warning": policy.warning_ms}
    result = []
    for name, (place, level, seq) in before.items():
        age = ages.get(level, max(ages.values()))
        if delivered is not None and seq > delivered:
            age += policy.undelivered_ms
        if place >= first_place(now - age):
            result.append((name, (place, level, seq)))
    return result


def look(store: Any) -> None:
    assert_sound(store)
    events = store.reader.list_events(EVERYTHING).events
    assert {event.name for event in events} == set(places(store))
    for word in WORDS:
        assert names(store, search(word)) == {event.name for event in events if event.message == word}
    for level in ("Normal", "Warning", "Odd"):
        found = names(store, EventQuery(filters={"level": (level,)}))
        assert found == {event.name for event in events if event.level == level}
