"""Decides what of a transaction's changes is news. Reads the store, writes nothing; `apply` writes what is
decided here.

News is an unknown uid, or a known event that was counted up, seen later, or (with a newer resourceVersion)
says something else. Everything else is a repetition (a list after 410, a replay) and is only counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eventcenter.model import Batch, Change, ChangeType, Event
from eventcenter.store.packing import pack_uid
from eventcenter.store.rollups import PAYLOAD, Terms
from eventcenter.store.schema import day_of, first_place
from eventcenter.store.words import TAGS, WordRow, tags_of, uid_token, word_row

LOOK_UP_AT_ONCE = 500
YOUNG_MS = 45 * 60_000
"""An event seen later than this long ago stays in `live` even when the cluster deletes it, so that a fresh ADDED
that `live` does not know is certainly new and costs no search of the full text."""
MAX_OCCURRENCES = 2**31 - 1
"""Of one change, as in Kubernetes (int32): no number of absurd counts makes a sum overflow."""

Uid = bytes | str


@dataclass(slots=True)
class Known:
    """What the store knows of an event: as committed, then as changed by the batches at hand."""

    eid: int
    id: int
    resource_version: str
    count: int
    last_time: int
    message: str | None = None
    """None: not read from the event's row yet."""


class Stored(NamedTuple):
    """What has to be taken back when an event is stored again: its full-text row, what its occurrences are counted
    under, and its payload."""

    words: WordRow
    terms: Terms
    payload: int


@dataclass(slots=True)
class Pending:
    """The newest change of one event in this transaction: becomes its row."""

    change: Change
    seq: int
    problem: str
    old: Stored | None
    """Where the event stands in the committed store."""


class LogEntry(NamedTuple):
    """One change that is news. `message_before` only where the message changed."""

    seq: int
    eid: int
    event: Event
    occurrences: int
    message_before: str | None


class Decisions:
    """The decisions of one transaction, made in the order of the changes; writes nothing."""

    def __init__(
        self, connection: sqlite3.Connection, seq: int, classify: Callable[[Event], str], now: int
    ) -> None:
        self._connection = connection
        self._classify = classify
        self._now = now
        self.seq = seq
        self.known: dict[Uid, Known] = {}
        self.pending: dict[Uid, Pending] = {}
        self.gone: dict[Uid, None] = {}
        self.log: list[LogEntry] = []
        self.duplicates = 0
        self._packed: dict[str, Uid] = {}

    def look_up(self, batches: Iterable[Batch]) -> None:
        """Read what the store knows of all events of `batches` in few statements."""
        for batch in batches:
            for change in batch.changes:
                uid = change.event.uid
                if uid not in self._packed:
                    self._packed[uid] = pack_uid(uid)
        for some in _pieces(list(self._packed.values())):
            for uid, *row in self._connection.execute(
                "SELECT uid, eid, id, resource_version, count, last_time FROM live "
                f"WHERE uid IN ({marks(some)})",
                some,
            ):
                self.known[uid] = Known(*row)
        self._look_up_old(batches)

    def take(self, change: Change) -> None:
        uid = self._packed[change.event.uid]
        known = self.known.get(uid)
        if change.type is ChangeType.DELETED:
            last_time = max(change.event.last_time, known.last_time if known else 0)
            if last_time < self._now - YOUNG_MS:
                self.gone[uid] = None
            if known is not None:
                return
        elif uid in self.gone:
            del self.gone[uid]
        if known is None:
            self._add(uid, change)
        elif self._is_news(known, change):
            self._count_up(uid, known, change)
        else:
            self.duplicates += 1

    def _add(self, uid: Uid, change: Change) -> None:
        self.seq += 1
        event = change.event
        self.known[uid] = Known(
            self.seq, 0, change.resource_version, event.count, event.last_time, event.message
        )
        problem = self._classify(event)
        self.pending[uid] = Pending(change, self.seq, problem, None)
        more = min(MAX_OCCURRENCES, event.count)
        self.log.append(LogEntry(self.seq, self.seq, event, more, None))

    def _count_up(self, uid: Uid, known: Known, change: Change) -> None:
        self.seq += 1
        event = change.event
        earlier = self.pending.get(uid)
        old = earlier.old if earlier else self._stored(uid, known)
        before = known.message if known.message != event.message else None
        problem = self._classify(event)
        more = min(MAX_OCCURRENCES, max(0, event.count - known.count))
        self.log.append(LogEntry(self.seq, known.eid, event, more, before))
        self.pending[uid] = Pending(change, self.seq, problem, old)
        known.resource_version = change.resource_version
        known.count, known.last_time, known.message = event.count, event.last_time, event.message

    def _is_news(self, known: Known, change: Change) -> bool:
        event = change.event
        if change.resource_version == known.resource_version:
            return False
        if event.count > known.count or event.last_time > known.last_time:
            return True
        if not _newer(change.resource_version, known.resource_version):
            return False
        return event.count < known.count or self._message(known) != event.message

    def _message(self, known: Known) -> str:
        if known.message is None:
            row = self._connection.execute(
                "SELECT message FROM event WHERE id = ? AND eid = ?", (known.id, known.eid)
            ).fetchone()
            known.message = row[0] if row else ""
        return known.message

    def _stored(self, uid: Uid, known: Known) -> Stored | None:
        row = self._connection.execute(
            f"SELECT e.message, e.name, t.text, {PAYLOAD}, {', '.join(TAGS)} "
            "FROM event e JOIN term t ON t.id = e.reason "
            "WHERE e.id = ? AND e.eid = ?",
            (known.id, known.eid),
        ).fetchone()
        if row is None:  # retention took the row while the cluster still counts the event up
            return None
        message, name, reason, size, *numbers = row
        known.message = message
        words = word_row(known.id, tags_of(numbers), message, name, reason, uid)
        return Stored(words, tuple(numbers), size)

    def _look_up_old(self, batches: Iterable[Batch]) -> None:
        """Events that `live` has forgotten, through the full-text index: all of them day by day, newest first."""
        missing: dict[Uid, int] = {}
        for batch in batches:
            recorded = not batch.stream.startswith("events")
            for change in batch.changes:
                uid = self._packed[change.event.uid]
                if uid in self.known or uid in missing:
                    continue
                if recorded or self._may_be_old(change):
                    missing[uid] = self._earliest_day(change.event)
        if not missing:
            return
        days = self._connection.execute(
            "SELECT day FROM words WHERE day >= ? ORDER BY day DESC", (min(missing.values()),)
        )
        for (day,) in days.fetchall():
            for some in _pieces([uid for uid, earliest in missing.items() if earliest <= day]):
                for uid, known in self._old_of_day(day, some):
                    self.known[uid] = known
                    del missing[uid]

    def _may_be_old(self, change: Change) -> bool:
        event = change.event
        return (
            change.type is not ChangeType.ADDED or event.count > 1 or event.last_time < self._now - YOUNG_MS
        )

    def _earliest_day(self, event: Event) -> int:
        """No event stands before the day it first occurred; a day more for a clock that was set back. Where the
        event's times contradict each other or the clock, every day may be the one."""
        if event.first_time > min(event.last_time, self._now):
            return 0
        return day_of(first_place(event.first_time)) - 1

    def _old_of_day(self, day: int, uids: list[Uid]) -> Iterator[tuple[Uid, Known]]:
        tokens = " OR ".join({uid_token(uid): None for uid in uids})
        rows = self._connection.execute(
            "SELECT e.uid, e.eid, e.id, '', e.count, e.last_time, e.message "
            f"FROM words_{day} w CROSS JOIN event e ON e.id = w.rowid "
            f"WHERE words_{day} MATCH ? AND e.uid IN ({marks(uids)})",
            (f"uid : ({tokens})", *uids),
        )
        for uid, *row in rows.fetchall():
            yield uid, Known(*row)


def _pieces(items: list[Uid]) -> Iterator[list[Uid]]:
    for start in range(0, len(items), LOOK_UP_AT_ONCE):
        yield items[start : start + LOOK_UP_AT_ONCE]


def _newer(left: str, right: str) -> bool:
    """Whether a resourceVersion is greater than another; only decimal ones can be compared."""
    return left.isdecimal() and right.isdecimal() and int(left) > int(right)


def marks(values: Sequence[object]) -> str:
    """Placeholders for an IN list."""
    return ",".join("?" * len(values))
