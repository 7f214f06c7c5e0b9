"""Deletes what is older than the policy says, and the oldest where the file is to stay below a size.

It works in slices of some tens of milliseconds through the writer, so that ingestion goes on between them, and each
slice leaves a sound and exact file: a crash at any instant loses nothing but the rest of the work.

Whole days cost the least: their events go row by row, their full text as a table. Only where one level is kept longer
than another are words taken back one by one."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from eventcenter.ports import Clock
from eventcenter.store import removal
from eventcenter.store.calls import Ask, T, Task
from eventcenter.store.merging import merge_day
from eventcenter.store.removal import Row, Space
from eventcenter.store.schema import day_of, day_places, first_place

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
NEVER_BY_SIZE_MS = 2 * DAY_MS
"""The last two days stay, however small `--max-size` is."""
UNDELIVERED_MS = 7 * DAY_MS
SLICE_S = 0.02
SMALLEST, LARGEST = 50, 500
"""Events of a slice."""
PAGES = 200
"""Of a slice that frees pages."""
FREE_SHARE, FREE_BYTES = 0.2, 64 * 1024 * 1024
"""So much free space is kept in the file for what comes next: a day's coming and going never reaches it."""


Held = Callable[[int], int]
"""Number of a level → the place before which an event goes although a sink waits for it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept. `normal_ms` and `warning_ms` are ages; events of any other level stay as long as the longer."""

    normal_ms: int
    warning_ms: int
    max_bytes: int | None = None
    undelivered_ms: int = UNDELIVERED_MS
    """How much longer an event is kept that a sink has not delivered."""


@dataclass(slots=True)
class Pruned:
    """What a run did. `undelivered` events went although a sink had not delivered them."""

    events: int = 0
    changes: int = 0
    undelivered: int = 0
    days: int = 0
    seconds: float = 0.0
    """In transactions."""
    longest: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """A policy at a moment, as places: everything before `all`, one level also before `level_before`. What a sink
    waits for stays unless it is before `held` (of the level: `level_held`)."""

    all: int
    held: int
    level: str
    level_before: int
    level_held: int
    size: int
    size_held: int

    @classmethod
    def at(cls, policy: Policy, now: int) -> Limits:
        longer, shorter = (
            max(policy.normal_ms, policy.warning_ms),
            min(policy.normal_ms, policy.warning_ms),
        )
        more = policy.undelivered_ms
        return cls(
            all=first_place(now - longer),
            held=first_place(now - longer - more),
            level="Normal" if policy.normal_ms < policy.warning_ms else "Warning",
            level_before=first_place(now - shorter),
            level_held=first_place(now - shorter - more),
            size=first_place(now - NEVER_BY_SIZE_MS),
            size_held=first_place(now - max(NEVER_BY_SIZE_MS, more)),
        )


def delivered_up_to(connection: sqlite3.Connection) -> int | None:
    """The change that every sink has delivered; None without sinks."""
    row = connection.execute("SELECT min(seq) FROM cursor WHERE kind = 'sink'").fetchone()
    return None if row[0] is None else int(row[0])


class Stopped(Exception):
    """The process ends: the rest is for the next run."""


class Pruner:
    """`ask` is `Writer.call`. `rest` is given the seconds that a slice took and may wait; True from it ends the run."""

    def __init__(self, ask: Ask, clock: Clock, rest: Callable[[float], bool] = lambda took: False):
        self._ask = ask
        self._clock = clock
        self._rest = rest
        self._limit = 4 * SMALLEST
        self.done = Pruned()
        """Of the run at hand, else of the last one."""
        self._clean: set[int] = set()
        self._clean_on = 0

    def run(self, policy: Policy) -> Pruned:
        """Delete all that the policy does not keep."""
        self.done = Pruned()
        limits = Limits.at(policy, self._clock())
        try:
            self._drop_tables()
            level = self._slice(lambda c: _number(c, limits.level))
            self._before(limits.all, lambda of: limits.level_held if of == level else limits.held)
            if level >= 0 and limits.level_before > limits.all:
                self._of_level(level, limits)
            if policy.max_bytes is not None:
                self._above(policy.max_bytes, limits)
            self._shrink(policy.max_bytes)
        except Stopped:
            log.info("pruning goes on at the next start")
        self._report()
        return self.done

    def _report(self) -> None:
        done = self.done
        if done.undelivered:
            log.warning("deleted events that a sink has not delivered events=%d", done.undelivered)
        if done.events or done.days:
            log.info(
                "pruned events=%d changes=%d days=%d seconds=%.1f longest_ms=%.0f",
                done.events, done.changes, done.days, done.seconds, done.longest * 1000,
            )  # fmt: skip

    def _slice(self, task: Task[T]) -> T:
        took = 0.0

        def timed(connection: sqlite3.Connection) -> T:
            nonlocal took
            begin = time.perf_counter()
            try:
                return task(connection)
            finally:
                took = time.perf_counter() - begin

        result = self._ask(timed)
        self.done.seconds += took
        self.done.longest = max(self.done.longest, took)
        if self._rest(took):
            raise Stopped
        return result

    def _before(self, before: int, held: Held, enough: Callable[[], bool] = lambda: False) -> None:
        """Delete all events before a place, oldest first, and the tables of the days that go completely."""
        after, day = -1, -1

        def find(connection: sqlite3.Connection) -> list[Row]:
            return removal.oldest(connection, after, before, self._limit)

        while not enough():
            rows = self._slice(self._deleting(find, held))
            if not rows or day_of(rows[-1][0]) != day:
                self._forget_days(day_places(day_of(rows[-1][0]))[0] if rows else before)
            if not rows:
                return
            after, day = rows[-1][0], day_of(rows[-1][0])

    def _of_level(self, level: int, limits: Limits) -> None:
        """Delete the events of the level that is kept for a shorter time."""
        today = day_of(first_place(self._clock()))
        if self._clean_on != today:  # an event may have come late
            self._clean_on, self._clean = today, set()
        days = self._slice(lambda c: _days(c, limits))
        for day in days:
            if day not in self._clean:
                self._of_level_and_day(day, level, limits)
                if day_places(day)[1] < limits.level_before:
                    merge_day(self._slice, day)  # words that were taken back leave the disk only by this
                    self._clean.add(day)
        self._forget_days(limits.level_before)

    def _of_level_and_day(self, day: int, level: int, limits: Limits) -> None:
        after, before = max(limits.all, day_places(day)[0]) - 1, limits.level_before

        def find(connection: sqlite3.Connection) -> list[Row]:
            return removal.oldest_of_level(connection, day, level, after, before, self._limit)

        while rows := self._slice(self._deleting(find, lambda of: limits.level_held, words=True)):
            after = rows[-1][0]

    def _above(self, max_bytes: int, limits: Limits) -> None:
        def fits() -> bool:
            return self._slice(lambda c: Space(c).used_bytes) <= max_bytes

        if not fits():
            before = self.done.events
            self._before(limits.size, lambda of: limits.size_held, fits)
            log.info("deleted the oldest to stay below max_size events=%d", self.done.events - before)

    def _deleting(
        self, find: Callable[[sqlite3.Connection], list[Row]], held: Held, *, words: bool = False
    ) -> Task[list[Row]]:
        """A slice: the rows that it looked at, without those of them that a sink waits for."""

        def task(connection: sqlite3.Connection) -> list[Row]:
            begin = time.perf_counter()
            rows = find(connection)
            delivered = delivered_up_to(connection)
            waited_for = [row for row in rows if delivered is not None and row[2] > delivered]
            kept = {row[0] for row in waited_for if row[0] >= held(row[3])}
            going = [row for row in rows if row[0] not in kept]
            self.done.changes += removal.delete_events(connection, going, words=words) if going else 0
            self.done.events += len(going)
            self.done.undelivered += len(waited_for) - len(kept)
            self._adapt(time.perf_counter() - begin)
            return rows

        return task

    def _adapt(self, took: float) -> None:
        factor = min(2.0, max(0.5, SLICE_S / max(took, 0.001)))
        self._limit = int(min(LARGEST, max(SMALLEST, self._limit * factor)))

    def _forget_days(self, before: int) -> None:
        forgotten = self._slice(lambda c: removal.forget_empty_days(c, before))
        self.done.days += forgotten
        if forgotten:
            self._drop_tables()

    def _drop_tables(self) -> None:
        for day in self._slice(removal.abandoned_days):
            while self._slice(lambda c, day=day: removal.drop_some(c, day, PAGES)):  # type: ignore[misc]
                pass

    def _shrink(self, max_bytes: int | None) -> None:
        """Give free pages back where retention was shortened; what one day leaves is kept for the next."""
        space = self._slice(Space)
        while space.free and _too_large(space, max_bytes):
            if not self._slice(lambda c: removal.give_back(c, PAGES)):
                return
            space = self._slice(Space)


def _number(connection: sqlite3.Connection, level: str) -> int:
    """-1 where no event ever had that level."""
    row = connection.execute("SELECT id FROM term WHERE text = ?", (level,)).fetchone()
    return int(row[0]) if row else -1


def _days(connection: sqlite3.Connection, limits: Limits) -> list[int]:
    days = connection.execute(
        "SELECT day FROM words WHERE day BETWEEN ? AND ? ORDER BY day",
        (day_of(limits.all), day_of(limits.level_before)),
    )
    return [day for (day,) in days]


def _too_large(space: Space, max_bytes: int | None) -> bool:
    free = space.free * space.page_size
    return (free > FREE_BYTES and space.free > space.pages * FREE_SHARE) or (
        max_bytes is not None and space.file_bytes > max_bytes
    )
