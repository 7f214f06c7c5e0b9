"""Normalize and store, in this process: CPU time a change, and what an event costs on disk by table."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.filled import Filled, filled_store
from eventcenter.store.compaction import compact
from eventcenter.store.merging import merge_day

PARTS = {
    "event": "events with their raw objects",
    "words": "full text",
    "change": "change log",
    "live": "what the cluster holds",
    "rollup": "roll-ups",
    "term": "strings",
}


def measure(events: int) -> list[tuple[str, str]]:
    """Figures as (name, value)."""
    with tempfile.TemporaryDirectory() as work:
        began = time.monotonic()
        with filled_store(Path(work), events) as filled:
            seconds = time.monotonic() - began
            path = filled.writer.path
            _tend(filled)
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT count(*) FROM event").fetchone()[0]
            sizes = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
        total = path.stat().st_size
    return [
        ("write: changes/s, making them up included", f"{events / seconds:,.0f}"),
        ("write: CPU µs a change, normalize", f"{filled.normalize_s / events * 1e6:.1f}"),
        ("write: CPU µs a change, normalize and store", f"{filled.cpu_s / events * 1e6:.1f}"),
        (
            "write: bytes on disk an event, after the nightly care",
            f"{total / rows:.0f} ({rows:,} events of {events:,} changes)",
        ),
        *(
            (f"write: bytes an event, {what}", f"{_sum(sizes, table) / rows:.0f}")
            for table, what in PARTS.items()
        ),
    ]


def _tend(filled: Filled) -> None:
    """As the center does with days that are over."""
    days = range(filled.begin // 86_400_000, filled.end // 86_400_000 + 1)
    for day in days:
        merge_day(filled.writer.call, day)
    compact(filled.writer.call, days.stop)


def _sum(sizes: dict[str, int], table: str) -> int:
    """A table with its indexes, and the tables of each day that begin alike."""
    return sum(
        size for name, size in sizes.items() if name.removeprefix("sqlite_autoindex_").startswith(table)
    )
