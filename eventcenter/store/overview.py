"""The overview's figures, from the roll-ups. They count occurrences, not rows, so an event counted up 37
times is 37."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, tzinfo

from eventcenter.model import OverviewTotals, TopEntry, TrendBucket
from eventcenter.store.schema import BUCKET_MS

TREND_BUCKETS = 96
WEEK = 672
_STEPS = (1, 2, 4, 8, 12, 16, 24, 48, 96, 192, 288, WEEK)
"""Widths of a trend bucket in roll-up buckets: a quarter of an hour to a week."""


class Rollups:
    """Reads of one connection. `errors` are the term numbers of the problems that count as errors, `warning`
    the number of the level Warning."""

    def __init__(self, connection: sqlite3.Connection, error_problems: frozenset[str]) -> None:
        self._connection = connection
        self._errors = ",".join(str(self._number(problem)) for problem in sorted(error_problems)) or "-1"
        self._warning = self._number("Warning")

    def _number(self, text: str) -> int:
        row = self._connection.execute("SELECT id FROM term WHERE text = ?", (text,)).fetchone()
        return int(row[0]) if row else -1

    def trend(self, from_time: int, to_time: int) -> tuple[list[TrendBucket], int]:
        """Buckets without gaps, and their width in ms. The first and last are whole buckets that the range
        touches."""
        first, last = _buckets(from_time, to_time)
        weeks = max(1, -(-(last - first) // (TREND_BUCKETS * WEEK))) * WEEK
        step = next((step for step in _STEPS if (last - first) / step < TREND_BUCKETS), weeks)
        rows = {
            bucket: (total, warning, errors)
            for bucket, total, warning, errors in self._connection.execute(
                f"SELECT bucket / {step} * {step}, sum(occurrences), "
                f"{self._sum_if('level', str(self._warning))}, {self._sum_if('problem', self._errors)} "
                "FROM rollup WHERE bucket BETWEEN ? AND ? GROUP BY 1",
                (first // step * step, last),
            )
        }
        trend = []
        for bucket in range(first // step * step, last + 1, step):
            total, warning, errors = rows.get(bucket, (0, 0, 0))
            trend.append(TrendBucket(bucket * BUCKET_MS, total - warning, warning, errors))
        return trend, step * BUCKET_MS

    def _sum_if(self, column: str, numbers: str) -> str:
        return f"sum(CASE WHEN {column} IN ({numbers}) THEN occurrences ELSE 0 END)"

    def totals(self, from_time: int, to_time: int) -> OverviewTotals:
        first, last = _buckets(from_time, to_time)
        total, warning, errors = self._connection.execute(
            "SELECT coalesce(sum(occurrences), 0), "
            f"coalesce({self._sum_if('level', str(self._warning))}, 0), "
            f"coalesce({self._sum_if('problem', self._errors)}, 0) FROM rollup WHERE bucket BETWEEN ? AND ?",
            (first, last),
        ).fetchone()
        return OverviewTotals(total=total, normal=total - warning, warning=warning, errors=errors)

    def top(self, field: str, from_time: int, to_time: int, limit: int) -> list[TopEntry]:
        """The most frequent values of a filter field (a column of `rollup`); events without one are left out."""
        first, last = _buckets(from_time, to_time)
        return [
            TopEntry(text, occurrences)
            for text, occurrences in self._connection.execute(
                f"SELECT t.text, r.n FROM (SELECT {field} AS v, sum(occurrences) AS n FROM rollup "
                f"WHERE bucket BETWEEN ? AND ? AND {field} <> 0 GROUP BY 1 ORDER BY n DESC, v LIMIT ?) r "
                "JOIN term t ON t.id = r.v ORDER BY r.n DESC, t.text",
                (first, last, limit),
            )
        ]

    def errors_today_and_yesterday(self, zone: tzinfo, now: int) -> tuple[int, int]:
        """Errors since midnight in `zone`, and yesterday's until the same time of day, to the quarter of an
        hour."""
        local = datetime.fromtimestamp(now / 1000, zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        # Wall-clock arithmetic on the naive day, so that a day of 23 or 25 hours still begins at midnight.
        yesterday = (midnight.replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=zone)
        same_time = (local.replace(tzinfo=None) - timedelta(days=1)).replace(tzinfo=zone)
        today = self.totals(_ms(midnight), now + 1).errors
        return today, self.totals(_ms(yesterday), _ms(same_time) + 1).errors


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _buckets(from_time: int, to_time: int) -> tuple[int, int]:
    """The roll-up buckets that a range touches, both inclusive."""
    return from_time // BUCKET_MS, (to_time - 1) // BUCKET_MS
