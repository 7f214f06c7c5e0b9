"""The overview's figures, from the roll-ups. They count occurrences, not rows, so an event counted up 37
times is 37."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta, tzinfo

from eventcenter.model import OverviewTotals, TopEntry, TrendBucket
from eventcenter.store.rollups import DIMENSIONS, QUARTERS_A_DAY
from eventcenter.store.schema import BUCKET_MS

TREND_BUCKETS = 96
WEEK = 7 * QUARTERS_A_DAY
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
        rows_of = _rows("", first // step * step, last, whole_days=step % QUARTERS_A_DAY == 0)
        rows = {
            bucket: (total, warning, errors)
            for bucket, total, warning, errors in self._connection.execute(
                f"SELECT bucket / {step} * {step}, {self._three_sums()} FROM ({rows_of}) GROUP BY 1"
            )
        }
        trend = []
        for bucket in range(first // step * step, last + 1, step):
            total, warning, errors = rows.get(bucket, (0, 0, 0))
            trend.append(TrendBucket(bucket * BUCKET_MS, total - warning, warning, errors))
        return trend, step * BUCKET_MS

    def _three_sums(self) -> str:
        """All, of the level Warning, errors; 0 where there is nothing."""
        of_warnings = f"sum(CASE WHEN level = {self._warning} THEN occurrences ELSE 0 END)"
        of_errors = f"sum(CASE WHEN problem IN ({self._errors}) THEN occurrences ELSE 0 END)"
        return f"coalesce(sum(occurrences), 0), coalesce({of_warnings}, 0), coalesce({of_errors}, 0)"

    def totals(self, from_time: int, to_time: int) -> OverviewTotals:
        rows_of = _rows("", *_buckets(from_time, to_time))
        row = self._connection.execute(f"SELECT {self._three_sums()} FROM ({rows_of})").fetchone()
        total, warning, errors = row
        return OverviewTotals(total=total, normal=total - warning, warning=warning, errors=errors)

    def top(self, field: str, from_time: int, to_time: int, limit: int) -> list[TopEntry]:
        """The most frequent values of a filter field (a word of `TAGS`); events without one are left out."""
        column = "value" if field in DIMENSIONS else field
        rows_of = _rows(field if field in DIMENSIONS else "", *_buckets(from_time, to_time))
        return [
            TopEntry(text, occurrences)
            for text, occurrences in self._connection.execute(
                f"SELECT t.text, r.n FROM (SELECT {column} AS v, sum(occurrences) AS n FROM ({rows_of}) "
                f"WHERE {column} <> 0 GROUP BY 1 HAVING n > 0 ORDER BY n DESC, v LIMIT ?) r "
                "JOIN term t ON t.id = r.v ORDER BY r.n DESC, t.text",
                (limit,),
            )
        ]

    def errors_today_and_yesterday(self, zone: tzinfo, now: int) -> tuple[int, int]:
        """Errors since midnight in `zone`, and yesterday's until the same time of day, to the quarter of an
        hour."""
        local = datetime.fromtimestamp(now / 1000, zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)  # the first of two
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


def _rows(dimension: str, first: int, last: int, *, whole_days: bool = True) -> str:
    """A SELECT of the roll-up rows of a dimension between two buckets, both inclusive. With `whole_days` the days that
    lie within come as one row each, in their first bucket: ninety days are then a hundredth of the rows."""
    number = DIMENSIONS[dimension]
    days = range(-(-first // QUARTERS_A_DAY), (last + 1) // QUARTERS_A_DAY) if whole_days else range(0)

    def quarters(since: int, until: int) -> str:
        return (
            "SELECT bucket, value, level, problem, occurrences FROM rollup_quarter "
            f"WHERE dimension = {number} AND bucket BETWEEN {since} AND {until}"
        )

    if not days:
        return quarters(first, last)
    middle = (
        f"SELECT day * {QUARTERS_A_DAY}, value, level, problem, occurrences FROM rollup_day "
        f"WHERE dimension = {number} AND day BETWEEN {days.start} AND {days.stop - 1}"
    )
    before = quarters(first, days.start * QUARTERS_A_DAY - 1)
    after = quarters(days.stop * QUARTERS_A_DAY, last)
    return f"{before} UNION ALL {middle} UNION ALL {after}"
