"""Random streams of changes, split into batches at random, with restarts and a moving clock: afterwards the whole
store says what a simple model in memory says. Whatever was delivered, in whatever order and however often, the store
holds the newest version of each event, one log entry for each step forward, and roll-ups that add the log up."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcenter.model import Batch, Change, ChangeType, Event, StoredChange
from eventcenter.store.audit import orphans, rollup_differences
from eventcenter.store.schema import BUCKET_MS
from tests.store.made import DAY, EVERYTHING, HOUR, MINUTE, NOON, Clock, event, raw_of, search

WORDS = ("alpha", "beta", "gamma")
EVENTS, VERSIONS = 8, 5
FAR = 9_000_000_000_000  # the year 2255

steps = st.tuples(st.integers(0, 3), st.integers(1, 2 * HOUR), st.sampled_from(WORDS), st.booleans())
"""How a version differs from the one before: count, time, word of the message, whether the level changes."""

histories = st.lists(
    st.tuples(
        st.sampled_from([NOON, NOON - MINUTE, NOON - 2 * HOUR, NOON - 3 * DAY, NOON - 20 * DAY, 1, FAR]),
        st.integers(1, 4),
        st.lists(steps, min_size=VERSIONS - 1, max_size=VERSIONS - 1),
    ),
    min_size=EVENTS,
    max_size=EVENTS,
)
deliveries = st.tuples(
    st.integers(0, EVENTS - 1),
    st.integers(0, VERSIONS - 1),
    st.sampled_from([ChangeType.ADDED, ChangeType.MODIFIED, ChangeType.MODIFIED, ChangeType.DELETED]),
)
batches = st.tuples(
    st.sampled_from(["events", "events/shop", "import"]), st.lists(deliveries, min_size=2, max_size=8)
)
actions = st.lists(
    st.one_of(
        st.lists(batches, min_size=1, max_size=3),
        st.just("restart"),
        st.integers(1, 5 * HOUR),  # the clock goes on
    ),
    min_size=4,
    max_size=12,
)


@dataclass
class Known:
    first_seq: int
    version: int
    log: list[StoredChange] = field(default_factory=list)
    sums: Counter[int] = field(default_factory=Counter)
    place: tuple[int, int] = (0, 0)


class Model:
    """What a store is to hold."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seq = 0
        self.known: dict[str, Known] = {}
        self.positions: dict[str, str] = {}

    def take(self, change: Change) -> None:
        made, version = change.event, int(change.resource_version)
        known = self.known.get(made.uid)
        if known is not None and (change.type is ChangeType.DELETED or version <= known.version):
            return
        self.seq += 1
        before = known.log[-1].event.count if known else 0
        known = self.known.setdefault(made.uid, Known(self.seq, version))
        known.version = version
        more = max(0, made.count - before)
        stored = Event(**{name: getattr(made, name) for name in made.__struct_fields__} | {"seq": self.seq})
        known.log.append(StoredChange(stored, more))
        time = made.last_time if made.last_time <= self.clock() + HOUR else self.clock()
        known.place = (time // 1000, self.seq)
        known.sums[time // BUCKET_MS] += more

    @property
    def sums(self) -> Counter[tuple[int, str]]:
        """An event's occurrences count under what it is now, also those of when it was something else."""
        sums: Counter[tuple[int, str]] = Counter()
        for known in self.known.values():
            for bucket, more in known.sums.items():
                sums[bucket, known.log[-1].event.level] += more
        return sums


def versions_of(number: int, history: tuple[int, int, list[Any]]) -> list[Change]:
    """The states that one event goes through in the cluster; each is later or counted higher than the one before."""
    time, count, changes = history
    made = event(number, message=f"{WORDS[0]} {number}", count=count, first_time=time, last_time=time)
    result = [made]
    for more, later, word, other in changes:
        last = result[-1]
        level = {"Normal": "Warning", "Warning": "Normal"}[last.level] if other else last.level
        fields = {name: getattr(last, name) for name in last.__struct_fields__}
        fields |= {"count": last.count + more, "last_time": last.last_time + later, "level": level}
        result.append(Event(**fields | {"message": f"{word} {number}"}))
    return [
        Change(ChangeType.ADDED, state, str(10 * (n + 1)), raw_of(state, str(10 * (n + 1))))
        for n, state in enumerate(result)
    ]


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(histories, actions)
def test_the_store_holds_what_the_model_holds(
    open_store: Callable[..., Any], clock: Clock, made: list[Any], todo: list[Any]
) -> None:
    clock.now = NOON
    run(open_store, clock, made, todo)


@pytest.mark.parametrize("seed", range(20))
def test_so_it_does_after_long_streams(open_store: Callable[..., Any], clock: Clock, seed: int) -> None:
    rng = random.Random(seed)
    run(open_store, clock, long_histories(rng), [long_action(rng) for _ in range(25)])


def long_histories(rng: random.Random) -> list[Any]:
    starts = [NOON, NOON - MINUTE, NOON - 2 * HOUR, NOON - 3 * DAY, NOON - 20 * DAY, 1, FAR]

    def step() -> tuple[int, int, str, bool]:
        return (
            rng.randrange(4),
            rng.choice([1, 999, MINUTE, HOUR, DAY]),
            rng.choice(WORDS),
            rng.random() < 0.3,
        )

    return [
        (rng.choice(starts), rng.randint(1, 4), [step() for _ in range(VERSIONS - 1)]) for _ in range(EVENTS)
    ]


def long_action(rng: random.Random) -> Any:
    if rng.random() < 0.15:
        return "restart"
    if rng.random() < 0.2:
        return rng.choice([1, MINUTE, HOUR, 5 * HOUR, 3 * DAY])
    kinds = [ChangeType.ADDED, ChangeType.MODIFIED, ChangeType.DELETED]
    return [
        (
            rng.choice(["events", "events/shop", "import"]),
            [
                (
                    rng.randrange(EVENTS),
                    min(rng.randrange(VERSIONS), rng.randrange(VERSIONS)),
                    rng.choice(kinds),
                )
                for _ in range(rng.randint(0, 9))
            ],
        )
        for _ in range(rng.randint(1, 3))
    ]


def run(open_store: Callable[..., Any], clock: Clock, made: list[Any], todo: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store, model = open_store(Path(directory)), Model(clock)
        states = [versions_of(number, history) for number, history in enumerate(made)]
        try:
            for number, action in enumerate(todo):
                if action == "restart":
                    store.restart()
                elif isinstance(action, int):
                    clock.now += action
                else:
                    store.put(*(_batch(model, states, stream, some, number) for stream, some in action))
            compare(store, model)
            store.restart()
            compare(store, model)
        finally:
            store.close()


def _batch(model: Model, states: list[list[Change]], stream: str, some: list[Any], number: int) -> Batch:
    changes = []
    for which, version, kind in some:
        state = states[which][version]
        changes.append(Change(kind, state.event, state.resource_version, state.raw))
        model.take(changes[-1])
    model.positions[stream] = str(number)
    return Batch(stream, changes, str(number))


def compare(store: Any, model: Model) -> None:
    by_place = sorted(model.known.values(), key=lambda known: known.place, reverse=True)
    newest = [named(known.log[-1].event) for known in by_place]
    assert store.reader.list_events(EVERYTHING).events == newest
    log = sorted((entry for known in by_place for entry in known.log), key=lambda entry: entry.event.seq)
    assert_same_log(store.reader.changes(0, 1000), log)
    for known in by_place:
        compare_one(store, known)
    for word in WORDS:
        found = {found.uid for found in store.reader.list_events(search(word, limit=1000)).events}
        assert found == {event.uid for event in newest if word in event.message}
    assert {stream: store.writer.position(stream) for stream in model.positions} == model.positions
    compare_sums(store, model)
    with closing(sqlite3.connect(store.path)) as connection:
        assert not rollup_differences(connection) and not orphans(connection)


def named(made: Event) -> Event:
    return Event(**{name: getattr(made, name) for name in made.__struct_fields__} | {"instance": "default"})


def assert_same_log(found: list[StoredChange], expected: list[StoredChange]) -> None:
    """The log keeps what a change is about: its number, time, count and message."""
    facts = [
        [
            (e.event.seq, e.event.uid, e.event.last_time, e.event.count, e.event.message, e.occurrences)
            for e in log
        ]
        for log in (found, expected)
    ]
    assert facts[0] == facts[1]


def compare_one(store: Any, known: Known) -> None:
    newest = known.log[-1].event
    detail = store.reader.event(newest.uid)
    assert detail.event == named(newest)
    assert detail.raw == raw_of(newest, str(known.version))
    assert [(o.seq, o.time, o.count, o.occurrences, o.message) for o in detail.occurrences] == [
        (e.event.seq, e.event.last_time, e.event.count, e.occurrences, e.event.message) for e in known.log
    ]


def compare_sums(store: Any, model: Model) -> None:
    buckets: dict[int, Counter[str]] = defaultdict(Counter)
    for (bucket, level), more in model.sums.items():
        buckets[bucket][level] += more
    for bucket, levels in buckets.items():
        start = bucket * BUCKET_MS
        totals = store.reader.overview(start, start + BUCKET_MS, UTC, NOON).totals
        assert (totals.normal, totals.warning) == (levels["Normal"], levels["Warning"])
    everything = store.reader.overview(0, FAR + 365 * DAY, UTC, NOON)
    assert everything.totals.total == sum(model.sums.values())
    assert sum(bucket.normal + bucket.warning for bucket in everything.trend) == sum(model.sums.values())
