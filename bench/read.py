"""Answers of the store at N changes: lists, filters, full text, one event, the overview; p50 and p95 in ms."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from bench.filled import Filled, filled_store
from eventcenter.errors import NotFoundError
from eventcenter.query import EventQuery, parse_search

TIMES = 60
BUDGET_S = 5.0
"""For one figure: a slow machine asks less often."""


def measure(events: int) -> list[tuple[str, str]]:
    """Figures as (name, value)."""
    with tempfile.TemporaryDirectory() as work, filled_store(Path(work), events) as filled:
        return [(f"read: {name}, p50, p95 ms", _timed(ask)) for name, ask in _questions(filled).items()]


def _questions(filled: Filled) -> dict[str, Callable[[], object]]:
    chance = random.Random(3)
    some = filled.reader.list_events(EventQuery(limit=200)).events
    events = filled.reader.list_events

    def filtered(**filters: str) -> EventQuery:
        return EventQuery(filters={name: (value,) for name, value in filters.items()})

    def page_in_the_middle() -> object:
        return events(EventQuery(to_time=chance.randrange(filled.begin, filled.end)))

    return {
        "newest 100": lambda: events(EventQuery()),
        "100 before some time": page_in_the_middle,
        "a frequent filter (level)": lambda: events(filtered(level="Warning")),
        "two filters": lambda: events(filtered(reason="BackOff", namespace=f"team-{chance.randrange(20)}")),
        "a rare combination": lambda: events(
            filtered(reason="Unhealthy", host=f"node-{chance.randrange(60)}", namespace="team-30")
        ),
        "one Pod": lambda: events(filtered(name=chance.choice(some).name)),
        "names by pattern": lambda: events(filtered(name=f"{chance.choice(some).name[:9]}*")),
        "a frequent word": lambda: events(EventQuery(search=parse_search("container"))),
        "two words": lambda: events(EventQuery(search=parse_search("readiness 503"))),
        "a phrase": lambda: events(EventQuery(search=parse_search('"Insufficient cpu"'))),
        "a prefix": lambda: events(EventQuery(search=parse_search("check*"))),
        "a word that is nowhere": lambda: events(EventQuery(search=parse_search("nowhere"))),
        "one event with its history": lambda: filled.reader.event(chance.choice(some).uid),
        "a uid that is nowhere": lambda: _none(filled),
        "1 000 changes of the log": lambda: filled.reader.changes(chance.randrange(1, 1 + len(some)), 1000),
        "overview of 24 h": lambda: filled.reader.overview(
            filled.end - 86_400_000, filled.end, UTC, filled.end
        ),
        "overview of everything": lambda: filled.reader.overview(filled.begin, filled.end, UTC, filled.end),
    }  # fmt: skip


def _none(filled: Filled) -> None:
    try:
        filled.reader.event("00000000-0000-4000-8000-000000000000")
    except NotFoundError:
        return


def _timed(ask: Callable[[], object]) -> str:
    ask()
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < TIMES and time.perf_counter() - began < BUDGET_S:
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return f"{taken[len(taken) // 2]:.1f}, {taken[int(len(taken) * 0.95)]:.1f}"
