"""Turns batches of changes into rows. Runs in the writer's thread, inside its transaction; `decide` says what
is news."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from eventcenter.model import Batch, Event
from eventcenter.store import rollups
from eventcenter.store.decide import LOOK_UP_AT_ONCE, Decisions, LogEntry, Pending, marks
from eventcenter.store.packing import Packer, pack_uid
from eventcenter.store.rollups import Sums, Terms, payload
from eventcenter.store.schema import BUCKET_MS, EVENT_STORED, PLACE_BITS, honest_time, place
from eventcenter.store.terms import TermWriter
from eventcenter.store.words import WordRow, WordWriter, tags_of, word_row

_INSERT_EVENT = f"INSERT INTO event ({EVENT_STORED}) VALUES ({','.join('?' * 21)})"
_UPSERT_POSITION = (
    "INSERT INTO position VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
    "resource_version = excluded.resource_version, committed = excluded.committed"
)


LIVE_MS = 7 * 86_400_000
"""No cluster keeps events longer (--event-ttl is an hour by default, a few days where somebody raised it)."""
BELIEVED_STEP_MS = 2 * 86_400_000
FORGET_EVERY_MS = 3_600_000
REMEMBERED_SECONDS = 1_000


@dataclass(slots=True)
class Applied:
    """What one transaction did."""

    changes: int = 0
    duplicates: int = 0
    newest_seq: int = 0


class Applier:
    """Holds the caches that go with the write connection. `classify` gives an event its problem id ('' for
    none)."""

    def __init__(
        self, connection: sqlite3.Connection, classify: Callable[[Event], str], clock: Callable[[], int]
    ) -> None:
        self._connection = connection
        self._classify = classify
        self._clock = clock
        self._terms = TermWriter(connection)
        self._words = WordWriter(connection)
        self._packer = Packer(connection)
        row = connection.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()
        self.seq: int = row[0] if row else 0
        (newest,) = connection.execute("SELECT max(committed) FROM position").fetchone()
        self._newest: int = newest or 0
        self._forgot = 0
        self._free_from: dict[int, int] = {}

    def apply(self, batches: list[Batch]) -> Applied:
        """Store everything of `batches`. The caller has begun the transaction and commits or calls
        `rolled_back`."""
        now = self._newest = self._steady(self._clock())
        self._forget(now)
        work = Decisions(self._connection, self.seq, self._classify, now)
        work.look_up(batches)
        for batch in batches:
            for change in batch.changes:
                work.take(change)
        self._write(work, now)
        self._connection.executemany(
            _UPSERT_POSITION,
            [
                (batch.stream, batch.position, now)
                for batch in batches
                if batch.position is not None or batch.forget_position
            ],
        )
        return Applied(changes=len(work.log), duplicates=work.duplicates, newest_seq=work.seq)

    def _steady(self, now: int) -> int:
        """A clock that was set back does not make the cluster's events ones from the future. A great step is believed:
        then it was wrong before."""
        return self._newest if now < self._newest < now + BELIEVED_STEP_MS else now

    def _forget(self, now: int) -> None:
        """Events that expired while nobody watched never come as DELETED, so `live` forgets them by age."""
        if now - self._forgot >= FORGET_EVERY_MS:
            self._connection.execute("DELETE FROM live WHERE last_time < ?", (now - LIVE_MS,))
            self._forgot = now

    def committed(self, applied: Applied) -> None:
        self.seq = applied.newest_seq
        self._terms.committed()

    def rolled_back(self) -> None:
        self._forgot = 0
        self._terms.rolled_back()
        self._words.rolled_back()

    def tables_changed(self) -> None:
        """Somebody else had the connection (`Writer.call`): a day's table may be gone."""
        self._words.rolled_back()

    def _write(self, work: Decisions, now: int) -> None:
        execute = self._connection.executemany
        if work.gone:
            execute("DELETE FROM live WHERE uid = ?", [(uid,) for uid in work.gone])
        if not work.log:
            return
        moved = [pending.old for pending in work.pending.values() if pending.old]
        if moved:
            execute("DELETE FROM event WHERE id = ?", [(old.words[0],) for old in moved])
            self._words.delete([old.words for old in moved])
        rows, words, live, sums = self._rows(work, now)  # the sums: before the new changes are in the log
        execute(_INSERT_EVENT, rows)
        self._words.insert(words)
        execute("INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?, ?, ?)", live)
        execute(
            "INSERT INTO change (seq, later, time, count, occurrences, message_before, placed) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [_log_row(entry, now) for entry in work.log],
        )
        sums.write(self._connection)
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('seq', ?)", (work.seq,))

    def _rows(
        self, work: Decisions, now: int
    ) -> tuple[list[tuple[object, ...]], list[WordRow], list[tuple[object, ...]], Sums]:
        """Rows of `event`, of the full text and of `live`; what the roll-ups gain."""
        sums = Sums()
        rows: list[tuple[object, ...]] = []
        terms: dict[int, Terms] = {}
        words: list[WordRow] = []
        live: list[tuple[object, ...]] = []
        number = self._terms.number
        places = self._free_places(work.pending.values(), now)
        for (uid, pending), event_id in zip(work.pending.items(), places, strict=True):
            event, known = pending.change.event, work.known[uid]
            level, kind, namespace, reason, host, component, problem = numbers = self._tagged(
                event, pending.problem
            )
            terms[known.eid] = numbers
            raw = self._packer.pack(event, pending.change.raw)
            sums.stands(event_id, numbers, payload(event.message, event.name, raw), 1)
            rows.append(
                (
                    event_id, known.eid, pending.seq - known.eid, uid, level, reason, kind, namespace, event.name,
                    pack_uid(event.object_uid), number(event.field_path), component, host, event.count,
                    event.last_time - (event_id >> PLACE_BITS) * 1000, event.last_time - event.first_time,
                    number(event.action), problem,
                    number(event.api_version), event.message, raw,
                )
            )  # fmt: skip
            words.append(word_row(event_id, tags_of(numbers), event.message, event.name, event.reason, uid))
            if uid not in work.gone:
                live.append(
                    (uid, known.eid, event_id, pending.change.resource_version, event.count, event.last_time)
                )
        self._occurred(sums, work, terms, now)
        return rows, words, live, sums

    def _free_places(self, pending: Iterable[Pending], now: int) -> list[int]:
        """A place for each event. Two changes of the same second whose numbers are 2^16 apart want the same
        one (a storm, an import into a busy hour): the later takes the next that is free."""
        wanted = [place(item.change.event.last_time, item.seq, now) for item in pending]
        taken: set[int] = set()
        for start in range(0, len(wanted), LOOK_UP_AT_ONCE):
            some = wanted[start : start + LOOK_UP_AT_ONCE]
            taken.update(
                row[0]
                for row in self._connection.execute(f"SELECT id FROM event WHERE id IN ({marks(some)})", some)
            )
        if not taken and len(set(wanted)) == len(wanted):
            return wanted
        result = []
        for event_id in wanted:
            if event_id in taken:
                event_id = self._next_free(event_id, taken)
            taken.add(event_id)
            result.append(event_id)
        return result

    def _next_free(self, event_id: int, taken: set[int]) -> int:
        """From where the last search of the same second ended, else a second with more events than places would be
        walked through again for each of them."""
        second = event_id >> PLACE_BITS
        event_id = max(event_id, self._free_from.get(second, 0))
        while event_id in taken or self._occupied(event_id):
            event_id += 1
        if len(self._free_from) > REMEMBERED_SECONDS:
            self._free_from.clear()
        self._free_from[second] = event_id + 1
        return event_id

    def _occupied(self, event_id: int) -> bool:
        return (
            self._connection.execute("SELECT 1 FROM event WHERE id = ?", (event_id,)).fetchone() is not None
        )

    def _tagged(self, event: Event, problem: str) -> tuple[int, int, int, int, int, int, int]:
        """The terms of the filter fields, in the order of `words.TAGS`."""
        number = self._terms.number
        return (
            number(event.level), number(event.kind), number(event.namespace), number(event.reason),
            number(event.hostname), number(event.component), number(problem),
        )  # fmt: skip

    def _occurred(self, sums: Sums, work: Decisions, terms: dict[int, Terms], now: int) -> None:
        """The new occurrences; those of the past where the terms of an event changed; where events no longer stand."""
        for entry in work.log:
            if entry.occurrences:
                bucket = max(0, honest_time(entry.event.last_time, now)) // BUCKET_MS
                sums.occurred(bucket, terms[entry.eid], entry.occurrences)
        moved = {}
        for uid, pending in work.pending.items():
            eid = work.known[uid].eid
            if pending.old is not None:
                sums.stands(pending.old.words[0], pending.old.terms, pending.old.payload, -1)
                if pending.old.terms != terms[eid]:
                    moved[eid] = (pending.old.terms, terms[eid])
        rollups.move(self._connection, moved, sums)


def _log_row(entry: LogEntry, now: int) -> tuple[object, ...]:
    time = entry.event.last_time
    honest = honest_time(time, now)
    placed = None if honest == time else honest
    return (
        entry.seq,
        entry.seq - entry.eid,
        time,
        entry.event.count,
        entry.occurrences,
        entry.message_before,
        placed,
    )
