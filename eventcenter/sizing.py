"""What storing will come to: growth, the size that the store settles at, when the disk is full, what other retentions
would cost. Pure functions of what is stored; all of it is an estimate from the rate of the last seven days.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from eventcenter.model import Retention
from eventcenter.usage import Amount, DayUsage, Usage, added_up

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
WEEK = 7
ALTERNATIVES = tuple((days, days) for days in (7, 14, 30, 60, 90, 180, 365))
MIXED = ((30, 90), (30, 180), (7, 90))
"""(days of Normal, of Warning): what is kept of the many, and of those that tell the most."""


class Rate(msgspec.Struct, frozen=True):
    """What comes in a day."""

    events: float
    occurrences: float
    bytes: float


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """Means a day. None: too little is stored, or retention has already taken part of it."""

    week: Rate | None
    """Of the last seven whole days, or of as many as there are; on the first day of what has come so far."""
    days: float
    """How many days that is; less than one on the first day."""
    before: Rate | None
    """Of the seven whole days before those."""

    @property
    def change(self) -> float | None:
        """Of bytes a day, as a share: 0.1 is a tenth more."""
        if self.week is None or self.before is None or not self.before.bytes:
            return None
        return self.week.bytes / self.before.bytes - 1


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a retention settles at if all goes on as in the last seven days."""

    kept: Retention
    events: int
    bytes: int
    fits: bool
    """Within what the file takes now and what is free on its disk."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    growth: Growth
    settled: Cost | None
    """With the retention in force; None while nothing can be told."""
    full_in_days: int | None
    """Whole days until the disk is full; None when it will not be, or when nothing can be told."""
    alternatives: list[Cost]


def forecast(usage: Usage, kept: Retention) -> Forecast:
    rates = {level: _rate_of(usage, level, kept) for level in usage.total}
    known = {level: rate for level, rate in rates.items() if rate is not None}
    settled = _cost(usage, known, kept) if known else None
    return Forecast(
        growth=_growth(usage, kept, known),
        settled=settled,
        full_in_days=_full_in_days(usage, known, kept) if known else None,
        alternatives=[_cost(usage, known, other) for other in _others()] if known else [],
    )


def _others() -> list[Retention]:
    pairs = (*ALTERNATIVES, *MIXED)
    return [Retention(normal_ms=normal * DAY_MS, warning_ms=warning * DAY_MS) for normal, warning in pairs]


def _whole_days(usage: Usage, keeps_ms: int, since_day: int, until_day: int) -> range:
    """The days between two (the latter not included) that are whole: collecting had begun before them, and retention
    has taken nothing of them."""
    begun = usage.since // DAY_MS + 1 if usage.since is not None else until_day
    kept = -(-(usage.now - keeps_ms) // DAY_MS)
    return range(max(since_day, begun, kept), until_day)


def _last_week(usage: Usage, keeps_ms: int) -> range:
    today = usage.now // DAY_MS
    return _whole_days(usage, keeps_ms, today - WEEK, today)


def _rate_of(usage: Usage, level: str, kept: Retention) -> Rate | None:
    """Of one level; None within the first hour of a store."""
    days = _last_week(usage, kept.of(level))
    if days:
        return _mean(_of_level(usage.history, days, level), len(days))
    span = _span(usage, kept.of(level))
    return _mean(usage.total[level], span / DAY_MS) if span >= HOUR_MS else None


def _span(usage: Usage, keeps_ms: int) -> int:
    """For how long what is stored has come (ms): no whole day."""
    return min(usage.now - usage.since, keeps_ms) if usage.since is not None else 0


def _of_level(history: Iterable[DayUsage], days: range, level: str) -> Amount:
    return added_up(day.levels.get(level, Amount()) for day in history if day.time // DAY_MS in days)


def _mean(amount: Amount, days: float) -> Rate:
    return Rate(amount.events / days, amount.occurrences / days, amount.bytes / days)


def _growth(usage: Usage, kept: Retention, rates: dict[str, Rate]) -> Growth:
    shortest = min(kept.normal_ms, kept.warning_ms)
    days = len(_last_week(usage, shortest))
    week = Rate(
        sum(rate.events for rate in rates.values()),
        sum(rate.occurrences for rate in rates.values()),
        sum(rate.bytes for rate in rates.values()),
    )
    today = usage.now // DAY_MS
    before = _whole_days(usage, shortest, today - 2 * WEEK, today - WEEK)
    earlier = added_up(day.amount for day in usage.history if day.time // DAY_MS in before)
    return Growth(
        week=week if rates else None,
        days=days or round(_span(usage, shortest) / DAY_MS, 2),
        before=_mean(earlier, WEEK) if len(before) == WEEK else None,
    )


def _cost(usage: Usage, rates: dict[str, Rate], kept: Retention) -> Cost:
    events = sum(rate.events * kept.of(level) / DAY_MS for level, rate in rates.items())
    size = sum(rate.bytes * kept.of(level) / DAY_MS for level, rate in rates.items())
    if kept.max_bytes is not None and size > kept.max_bytes:
        events, size = events * kept.max_bytes / size, kept.max_bytes
    return Cost(
        kept=kept,
        events=round(events),
        bytes=round(size),
        fits=size <= usage.space.used + usage.space.room,
    )


def _full_in_days(usage: Usage, rates: dict[str, Rate], kept: Retention) -> int | None:
    """Day by day: what comes is added, what gets too old goes."""
    room = usage.space.used + usage.space.room
    if kept.max_bytes is not None and kept.max_bytes <= room:
        return None
    today = usage.now // DAY_MS
    stored = {day.time // DAY_MS: day.levels for day in usage.history}
    keeps = {level: -(-kept.of(level) // DAY_MS) for level in rates}
    size = float(usage.space.used) - _overdue(usage, keeps, today)
    for ahead in range(1, max(keeps.values()) + 1):
        for level, rate in rates.items():
            day = today + ahead - 1 - keeps[level]
            going = rate.bytes if day >= today else stored.get(day, {}).get(level, Amount()).bytes
            size += rate.bytes - going
        if size > room:
            return ahead - 1
    return None


def _overdue(usage: Usage, keeps: dict[str, int], today: int) -> int:
    """Bytes of what the next pruning deletes: so it is after the retention has been shortened."""
    return added_up(
        amount
        for day in usage.history
        for level, amount in day.levels.items()
        if level in keeps and day.time // DAY_MS < today - keeps[level]
    ).bytes
