"""What is stored and how much room it takes, from the roll-ups by day alone: as quick with ninety days as with one.

Events and occurrences are exact. Bytes are not kept by event: the used bytes of the file are shared out by
`payload + FIXED * events`. The payload (message, name, packed object) is what makes one event larger than another; what
hangs on an event otherwise (columns, index entries, words, changes, roll-ups) is much the same for all.
"""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from eventcenter.store import removal
from eventcenter.store.rollups import DIMENSIONS
from eventcenter.store.schema import BUCKET_MS
from eventcenter.usage import Amount, DayUsage, NamedUsage, PairUsage, Space, Usage

FIXED = 260
"""Bytes of an event beside its payload. Measured by table with `dbstat`: 273 in a store of 50 000 events, 252 in one
of 4 million."""
DAY_MS = 86_400_000
MAX_DAYS = 3660
"""The newest of a range: a wrong clock may have put an event into 1970."""
PAIR_DAYS = 7
"""Pairs are counted over so many days at most: the table of all combinations has 23 000 rows a day where 250 000 events
come, and a month of it would take half a second."""


def usage(
    connection: sqlite3.Connection, path: Path, from_time: int, to_time: int, now: int, limit: int
) -> Usage:
    """Reads of one snapshot. The range counts in whole days (UTC) that it touches; `limit` is the length of each
    list."""
    return _Reads(connection, path).usage(from_time // DAY_MS, (to_time - 1) // DAY_MS, now, limit)


class _Reads:
    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._space = _space(connection, path)
        weights = f"SELECT coalesce(sum(payload + {FIXED} * events), 0) FROM rollup_day WHERE dimension = 0"
        (self._weight,) = connection.execute(weights).fetchone()

    def usage(self, first: int, last: int, now: int, limit: int) -> Usage:
        history = self._by_day()
        present = sorted(day for day in history if first <= day <= last)
        days = range(0)
        if present:
            last = min(last, max(present[-1], now // DAY_MS))
            days = range(present[0], last + 1)[-MAX_DAYS:]
        reasons = self._by_value("reason", days)
        pair_days = days[-PAIR_DAYS:]
        return Usage(
            now=now,
            space=self._space,
            total=_sum(history.values()),
            since=self._since(),
            history=[DayUsage(day * DAY_MS, history[day]) for day in sorted(history)],
            days=[DayUsage(day * DAY_MS, history.get(day, {})) for day in days],
            namespaces=self._by_value("namespace", days)[:limit],
            reasons=reasons[:limit],
            kinds=self._by_value("kind", days)[:limit],
            pairs=self._pairs(pair_days, limit),
            pairs_from=(pair_days.start if pair_days else now // DAY_MS) * DAY_MS,
        )

    def _share(self, events: int, payload: int) -> int:
        return self._space.used * (payload + FIXED * events) // self._weight if self._weight else 0

    def _by_day(self) -> dict[int, dict[str, Amount]]:
        found: dict[int, dict[str, Amount]] = defaultdict(dict)
        rows = self._connection.execute(
            "SELECT r.day, t.text, sum(r.events), sum(r.occurrences), sum(r.payload) "
            "FROM rollup_day r JOIN term t ON t.id = r.level WHERE r.dimension = 0 GROUP BY r.day, r.level"
        )
        for day, level, events, occurrences, payload in rows:
            found[day][level] = Amount(events, occurrences, self._share(events, payload))
        return found

    def _since(self) -> int | None:
        (bucket,) = self._connection.execute(
            "SELECT min(bucket) FROM rollup_quarter WHERE dimension = 0"
        ).fetchone()
        return None if bucket is None else int(bucket) * BUCKET_MS

    def _by_value(self, dimension: str, days: range) -> list[NamedUsage]:
        """Every value of a dimension, most bytes first."""
        rows = self._connection.execute(
            "SELECT t.text, r.events, r.occurrences, r.payload FROM (SELECT value, sum(events) AS events, "
            "sum(occurrences) AS occurrences, sum(payload) AS payload FROM rollup_day "
            "WHERE dimension = ? AND day BETWEEN ? AND ? GROUP BY value) r JOIN term t ON t.id = r.value",
            (DIMENSIONS[dimension], days.start, days.stop - 1),
        )
        amounts = {
            text: Amount(events, occurrences, self._share(events, payload))
            for text, events, occurrences, payload in rows
        }
        whole = sum(amount.bytes for amount in amounts.values())
        ordered = sorted(amounts.items(), key=lambda item: (-item[1].bytes, -item[1].occurrences, item[0]))
        return [NamedUsage(text, amount, amount.bytes / whole if whole else 0.0) for text, amount in ordered]

    def _pairs(self, days: range, limit: int) -> list[PairUsage]:
        means = {
            entry.value: entry.amount.bytes / entry.amount.events
            for entry in self._by_value("reason", days)
            if entry.amount.events
        }
        rows = self._connection.execute(
            "SELECT n.text, r.text, p.events, p.occurrences FROM (SELECT namespace, reason, sum(events) AS events, "
            "sum(occurrences) AS occurrences FROM rollup_cross WHERE day BETWEEN ? AND ? GROUP BY 1, 2) p "
            "JOIN term n ON n.id = p.namespace JOIN term r ON r.id = p.reason",
            (days.start, days.stop - 1),
        )
        pairs = [
            PairUsage(namespace, reason, Amount(events, occurrences, round(events * means.get(reason, 0.0))))
            for namespace, reason, events, occurrences in rows
        ]
        pairs.sort(
            key=lambda pair: (-pair.amount.bytes, -pair.amount.occurrences, pair.namespace, pair.reason)
        )
        return pairs[:limit]


def _sum(days: Iterable[dict[str, Amount]]) -> dict[str, Amount]:
    sums: dict[str, Amount] = {}
    for levels in days:
        for level, more in levels.items():
            sums[level] = sums.get(level, Amount()) + more
    return sums


def _space(connection: sqlite3.Connection, path: Path) -> Space:
    file, disk = removal.Space(connection), os.statvfs(path.parent)
    return Space(
        file=file.file_bytes,
        used=file.used_bytes,
        disk_free=disk.f_bavail * disk.f_frsize,
        disk_total=disk.f_blocks * disk.f_frsize,
    )
