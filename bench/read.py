"""Answers of the store at N changes: lists, filters, full text, one event, the overview; p50 and p95 in ms."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from bench.filled import filled_store
from eventcenter.errors import NotFoundError
from eventcenter.query import EventQuery, parse_search
from eventcenter.store import Reader

TIMES = 60
BUDGET_S = 5.0
"""For one figure: a slow machine asks less often."""

Ask = Callable[[], object]


class Timed(NamedTuple):
    """ms"""

    p50: float
    p95: float

    def __str__(self) -> str:
        return f"{self.p50:.1f}, {self.p95:.1f}"


def measure(events: int) -> list[tuple[str, str]]:
    """Figures as (name, value)."""
    with tempfile.TemporaryDirectory() as work, filled_store(Path(work), events) as filled:
        asked = questions(filled.reader, filled.begin, filled.end)
        return [(f"read: {name}, p50, p95 ms", str(timed(ask))) for name, ask in asked.items()]


def questions(reader: Reader, begin: int, end: int) -> dict[str, Ask]:
    """What people ask all day, of a store whose events lie between two times (ms)."""
    chance = random.Random(3)
    some = reader.list_events(EventQuery(limit=200)).events
    events = reader.list_events

    def filtered(**filters: str) -> EventQuery:
        return EventQuery(filters={name: (value,) for name, value in filters.items()})

    def before_some_time(query: EventQuery) -> object:
        return events(EventQuery(None, chance.randrange(begin, end), query.filters, query.search))

    def search(text: str) -> EventQuery:
        return EventQuery(search=parse_search(text))

    return {
        "newest 100": lambda: events(EventQuery()),
        "100 before some time": lambda: before_some_time(EventQuery()),
        "a frequent filter (level)": lambda: events(filtered(level="Warning")),
        "the same before some time": lambda: before_some_time(filtered(level="Warning")),
        "two filters": lambda: events(filtered(reason="BackOff", namespace=f"team-{chance.randrange(20)}")),
        "a rare combination": lambda: events(
            filtered(reason="Unhealthy", host=f"node-{chance.randrange(60)}", namespace="team-30")
        ),
        "one Pod": lambda: events(filtered(name=chance.choice(some).name)),
        "one Pod of some time": lambda: _pod_of_some_time(reader, chance.randrange(begin, end)),
        "names by pattern": lambda: events(filtered(name=f"{chance.choice(some).name[:9]}*")),
        "a frequent word": lambda: events(search("container")),
        "two words": lambda: events(search("readiness 503")),
        "a phrase": lambda: events(search('"Insufficient cpu"')),
        "a prefix": lambda: events(search("check*")),
        "a word that is nowhere": lambda: events(search("nowhere")),
        "one event with its history": lambda: reader.event(chance.choice(some).uid),
        "a uid that is nowhere": lambda: _none(reader),
        "1 000 changes of the log": lambda: reader.changes(chance.randrange(1, 1 + len(some)), 1000),
        "overview of 24 h": lambda: reader.overview(end - 86_400_000, end, UTC, end),
        "usage of 30 days": lambda: reader.usage(end - 30 * 86_400_000, end, end, 20),
        "overview of 90 days": lambda: reader.overview(end - 90 * 86_400_000, end, UTC, end),
    }  # fmt: skip


def hostile_questions(reader: Reader, begin: int, end: int) -> dict[str, Ask]:
    """What somebody asks who wants it to be slow."""
    events = reader.list_events

    def search(text: str, **filters: str) -> EventQuery:
        accepted: dict[str, tuple[str, ...]] = {name: (value,) for name, value in filters.items()}
        return EventQuery(begin, end, accepted, parse_search(text))

    def deep(query: EventQuery) -> object:
        page = events(query)
        for _ in range(30):
            if page.next is None:
                break
            page = events(EventQuery(begin, end, query.filters, query.search, 1000, page.next))
        return page

    return {
        "hostile: a name that ends with": lambda: events(search("", name="*-0000z")),
        "hostile: a name that holds": lambda: events(search("", name="*nowhere*")),
        "hostile: one letter": lambda: events(search("c*")),
        "hostile: one letter, rare besides": lambda: events(
            search("c*", reason="Evicted", namespace="team-77")
        ),
        "hostile: two common words that never meet": lambda: events(search("Scheduled readiness")),
        "hostile: common values that never meet": lambda: events(
            search("", level="Normal", reason="Unhealthy")
        ),
        "hostile: thirty pages of 1 000": lambda: deep(search("container")),
        "hostile: the oldest of 90 days": lambda: events(EventQuery(begin, end, order="asc")),
    }


def _pod_of_some_time(reader: Reader, time_ms: int) -> object:
    for found in reader.list_events(EventQuery(None, time_ms, {"kind": ("Pod",)}, limit=1)).events:
        return reader.list_events(
            EventQuery(filters={"name": (found.name,), "namespace": (found.namespace,)})
        )
    return None


def _none(reader: Reader) -> None:
    try:
        reader.event("00000000-0000-4000-8000-000000000000")
    except NotFoundError:
        return


def timed(ask: Ask) -> Timed:
    """Once to warm up, then as often as the budget allows."""
    ask()
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < TIMES and (not taken or time.perf_counter() - began < BUDGET_S):
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return Timed(taken[len(taken) // 2], taken[int(len(taken) * 0.95)])
