"""Decides what of a transaction's changes is news. Reads the store, writes nothing; `apply` writes what is decided here.

News is an unknown uid, or a known event that was counted up, seen later, or (with a newer resourceVersion) says something
else. Everything else is a repetition (a list after 410, a replay) and is only counted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eventcenter.model import Change, ChangeType, Event
from eventcenter.store.packing import pack_uid
from eventcenter.store.schema import day_of, first_place
from eventcenter.store.words import WordRow, uid_token, word_row

LOOK_UP_AT_ONCE = 500

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


@dataclass(slots=True)
class Pending:
    """The newest change of one event in this transaction: becomes its row."""

    change: Change
    seq: int
    problem: str
    old: WordRow | None
    """The full-text row to take back: where the event stands in the committed store."""


class LogEntry(NamedTuple):
    """One change that is news. `message_before` only where the message changed."""

    seq: int
    eid: int
    event: Event
    problem: str
    occurrences: int
    message_before: str | None


class Decisions:
    """The decisions of one transaction, made in the order of the changes; writes nothing."""

    def __init__(self, connection: sqlite3.Connection, seq: int, classify: Callable[[Event], str]) -> None:
        self._connection = connection
        self._classify = classify
        self.seq = seq
        self.known: dict[Uid, Known] = {}
        self.pending: dict[Uid, Pending] = {}
        self.gone: dict[Uid, None] = {}
        self.log: list[LogEntry] = []
        self.duplicates = 0
        self._packed: dict[str, Uid] = {}

    def look_up(self, uids: Iterable[str]) -> None:
        """Read what `live` knows of all `uids` in few statements."""
        self._packed = {uid: pack_uid(uid) for uid in uids}
        wanted = list(self._packed.values())
        for start in range(0, len(wanted), LOOK_UP_AT_ONCE):
            some = wanted[start : start + LOOK_UP_AT_ONCE]
            for uid, *row in self._connection.execute(
                f"SELECT uid, eid, id, resource_version, count, last_time FROM live WHERE uid IN ({marks(some)})", some
            ):
                self.known[uid] = Known(*row)

    def take(self, change: Change, *, recorded: bool) -> None:
        """`recorded`: not from a watch (an import, a replay), so the event may be long forgotten by `live`."""
        uid = self._packed[change.event.uid]
        known = self.known.get(uid)
        deleted = change.type is ChangeType.DELETED
        if known is None and (recorded or deleted or change.type is ChangeType.MODIFIED or change.event.count > 1):
            known = self._find_old(uid, change.event.first_time)
        if deleted:
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
        self.known[uid] = Known(self.seq, 0, change.resource_version, event.count, event.last_time, event.message)
        problem = self._classify(event)
        self.pending[uid] = Pending(change, self.seq, problem, None)
        self.log.append(LogEntry(self.seq, self.seq, event, problem, event.count, None))

    def _count_up(self, uid: Uid, known: Known, change: Change) -> None:
        self.seq += 1
        event = change.event
        earlier = self.pending.get(uid)
        old = earlier.old if earlier else self._committed_words(uid, known)
        before = known.message if known.message != event.message else None
        problem = self._classify(event)
        more = max(0, event.count - known.count)
        self.log.append(LogEntry(self.seq, known.eid, event, problem, more, before))
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
            row = self._connection.execute("SELECT message FROM event WHERE id = ?", (known.id,)).fetchone()
            known.message = row[0] if row else ""
        return known.message

    def _committed_words(self, uid: Uid, known: Known) -> WordRow | None:
        row = self._connection.execute(
            "SELECT e.message, e.name, t.text FROM event e JOIN term t ON t.id = e.reason WHERE e.id = ?", (known.id,)
        ).fetchone()
        if row is None:  # retention took the row while the cluster still counts the event up
            return None
        known.message = row[0]
        return word_row(known.id, *row, uid)

    def _find_old(self, uid: Uid, first_time: int) -> Known | None:
        """An event that the cluster has forgotten, through the full-text index: newest day first. It cannot stand
        before the day it first occurred; a day more for a writer's clock that was set back."""
        days = self._connection.execute(
            "SELECT day FROM words WHERE day >= ? ORDER BY day DESC", (day_of(first_place(first_time)) - 1,)
        )
        for (day,) in days.fetchall():
            row = self._connection.execute(
                "SELECT e.eid, e.id, '', e.count, e.last_time, e.message "
                f"FROM words_{day} w JOIN event e ON e.id = w.rowid WHERE words_{day} MATCH ? AND e.uid = ?",
                (f'uid:"{uid_token(uid)}"', uid),
            ).fetchone()
            if row:
                self.known[uid] = known = Known(*row)
                return known
        return None


def _newer(left: str, right: str) -> bool:
    """Whether a resourceVersion is greater than another; only decimal ones can be compared."""
    return left.isdecimal() and right.isdecimal() and int(left) > int(right)


def marks(values: Sequence[object]) -> str:
    """Placeholders for an IN list."""
    return ",".join("?" * len(values))
