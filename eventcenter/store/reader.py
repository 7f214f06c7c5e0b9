"""EventReader over SQLite: read-only connections, one to a call, kept in a small pool for any thread."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from eventcenter.errors import NotFoundError, StoreError
from eventcenter.model import (
    Answer,
    Event,
    EventDetail,
    LogPage,
    Occurrence,
    Overview,
    Page,
    Question,
    SavedQuery,
    StoredChange,
)
from eventcenter.query import EventQuery
from eventcenter.store import changes as log
from eventcenter.store import saved_queries
from eventcenter.store.compile import FOREVER, Compiled, compile_query
from eventcenter.store.console import Console
from eventcenter.store.files import ReadConnection, identity, open_for_reading
from eventcenter.store.functions import register
from eventcenter.store.overview import Rollups
from eventcenter.store.packing import Unpacker, pack_uid
from eventcenter.store.paging import SEARCH_BUDGET_S, read_rows, time_of
from eventcenter.store.rows import EVENT_COLUMNS, TERM_COLUMNS, Row, event_of
from eventcenter.store.terms import TermReader
from eventcenter.store.usage import usage
from eventcenter.store.words import days_between, uid_token
from eventcenter.usage import Usage

T = TypeVar("T")

POLL_S = 0.25
"""Between two looks at a store that another process writes."""
MAX_OCCURRENCES = 1_000
OOM_PROBLEMS = ("pod-oom-killed", "node-oom-killing", "node-system-oom")


class _Known(NamedTuple):
    """What never changes in one file."""

    terms: TermReader
    unpacker: Unpacker


class Reader:
    """See `ports.EventReader`. `wait` is the writer's signal; without one (another process writes) it
    polls. `budget_s`: what one page may take. `busy`: whether the writer of this process is behind."""

    def __init__(
        self,
        path: Path,
        instance: str,
        *,
        error_problems: frozenset[str] = frozenset(),
        wait: Callable[[int, float], int] | None = None,
        busy: Callable[[], bool] = lambda: False,
        budget_s: float = SEARCH_BUDGET_S,
    ) -> None:
        self._budget_s = budget_s
        self._path = path
        self._instance = instance
        self._error_problems = error_problems
        self._console = Console(path, instance, busy=busy)
        self._idle: list[ReadConnection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._file = identity(path)
        self._known: dict[ReadConnection, _Known] = {}
        """What was read with a connection stands for the file that this connection has open."""
        self._shared: _Known | None = None
        self._wait = wait or self._poll
        with self._connection():  # refuses a missing or foreign file at once
            pass

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            self._discard(connection)

    @contextmanager
    def _connection(self) -> Iterator[ReadConnection]:
        self._follow()
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._open()
        try:
            connection.execute("BEGIN")  # one snapshot for all statements of a call
            yield connection
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            self._discard(connection)
            raise StoreError(f"{self._path} cannot be read: {error}") from error
        except BaseException:
            connection.rollback()
            self._give_back(connection)
            raise
        self._give_back(connection)

    def _give_back(self, connection: ReadConnection) -> None:
        with self._lock:
            if not self._closed and self._known[connection] is self._shared:
                return self._idle.append(connection)
        self._discard(connection)

    def _open(self) -> ReadConnection:
        """The connection with what is known of its file: shared, unless the file is another by now."""
        before = identity(self._path)
        connection = open_for_reading(self._path)
        try:
            with self._lock:
                shared = self._shared
                current = before == self._file == identity(self._path)
            known = shared if current and shared else _Known(TermReader(), Unpacker(connection))
            register(connection, known.terms, known.unpacker)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise StoreError(f"{self._path} cannot be read: {error}") from error
        with self._lock:
            if current and self._shared is None:
                self._shared = known
            self._known[connection] = known
        return connection

    def _discard(self, connection: ReadConnection) -> None:
        with self._lock:
            self._known.pop(connection, None)
        connection.close()

    def _follow(self) -> None:
        """A damaged or removed file is replaced by a new one while we run: nothing known of the old one holds there."""
        file = identity(self._path)
        if file == self._file or file is None:
            return
        with self._lock:
            self._file, self._shared = file, None
            idle, self._idle = self._idle, []
        for connection in idle:
            self._discard(connection)

    def list_events(self, query: EventQuery) -> Page:
        with self._connection() as connection:
            compiled = compile_query(connection, query)
            found = read_rows(connection, compiled, query.order, query.limit + 1, self._budget_s)
            events = self._events(connection, found.rows[: query.limit])
        if len(found.rows) > query.limit:
            return Page(events, f"{found.rows[query.limit - 1][0]:x}")
        if found.reached is None:
            return Page(events, None)
        return Page(events, f"{found.reached:x}", time_of(found.reached))

    def _rows(self, connection: ReadConnection, compiled: Compiled, order: str, limit: int) -> list[Row]:
        return read_rows(connection, compiled, order, limit).rows

    def _events(self, connection: ReadConnection, rows: list[Row]) -> list[Event]:
        texts = self._known[connection].terms.texts(
            connection, (row[column] for row in rows for column in TERM_COLUMNS)
        )
        return [event_of(row, texts, self._instance) for row in rows]

    def answer(self, question: Question, cancelled: Callable[[], bool] = lambda: False) -> Answer:
        return self._console.answer(question, cancelled)

    def event(self, uid: str) -> EventDetail:
        packed = pack_uid(uid)
        with self._connection() as connection:
            row = self._find(connection, packed)
            if row is None:
                raise NotFoundError(
                    f"there is no event with uid {uid[:100]!r}", hint="It may be older than the retention."
                )
            (event,) = self._events(connection, [row])
            eid, raw = connection.execute("SELECT eid, raw FROM event WHERE id = ?", (row[0],)).fetchone()
            history = connection.execute(
                "SELECT seq, time, count, occurrences, message_before FROM change WHERE seq = ? UNION ALL "
                "SELECT seq, time, count, occurrences, message_before FROM change WHERE eid = ? AND seq <> eid "
                "ORDER BY seq DESC LIMIT ?",
                (eid, eid, MAX_OCCURRENCES),
            ).fetchall()
            unpacked = self._known[connection].unpacker.unpack(event, raw)
        return EventDetail(event, unpacked, _occurrences(history, event.message))

    def _find(self, connection: ReadConnection, uid: bytes | str) -> Row | None:
        live = connection.execute(
            f"SELECT {EVENT_COLUMNS} FROM live l JOIN event e ON e.id = l.id AND e.eid = l.eid WHERE l.uid = ?",
            (uid,),
        ).fetchone()
        if live:
            return tuple(live)
        for day in days_between(connection, 0, FOREVER, newest_first=True):
            row = connection.execute(
                f"SELECT {EVENT_COLUMNS} FROM words_{day} w CROSS JOIN event e ON e.id = w.rowid "
                f"WHERE words_{day} MATCH ? AND e.uid = ?",
                (f'uid:"{uid_token(uid)}"', uid),
            ).fetchone()
            if row:
                return tuple(row)
        return None

    def changes(self, after: int, limit: int) -> list[StoredChange]:
        return self.read_log(after, limit).changes

    def read_log(self, after: int, limit: int) -> LogPage:
        with self._connection() as connection:
            rows = log.rows_after(connection, after, limit)
            events = self._events(connection, rows)
            newest = log.newest(connection)
        found = [StoredChange(event, row[-1]) for event, row in zip(events, rows, strict=True)]
        return LogPage(found, found[-1].event.seq if len(found) == limit else max(after, newest))

    def raws(self, seqs: list[int]) -> dict[int, dict[str, Any]]:
        with self._connection() as connection:
            rows = log.newest_rows(connection, seqs)
            events = self._events(connection, rows)
            unpack = self._known[connection].unpacker.unpack
            return {row[-1]: unpack(event, row[-2]) for event, row in zip(events, rows, strict=True)}

    def before_time(self, time: int) -> int:
        return self.read(lambda connection: log.before_time(connection, time))

    def newest_seq(self) -> int:
        return self.read(log.newest)

    def read(self, task: Callable[[sqlite3.Connection], T]) -> T:
        """For the rest of this package: a task over one snapshot."""
        with self._connection() as connection:
            return task(connection)

    def wait_for_change(self, after: int, timeout: float) -> int:
        return self._wait(after, timeout)

    def _poll(self, after: int, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (seq := self.newest_seq()) <= after and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(POLL_S, left))
        return seq

    def overview(self, from_time: int, to_time: int, zone: tzinfo, now: int) -> Overview:
        with self._connection() as connection:
            rollups = Rollups(connection, self._error_problems)
            trend, bucket_ms = rollups.trend(from_time, to_time)
            today, yesterday = rollups.errors_today_and_yesterday(zone, now)
            return Overview(
                from_time=from_time,
                to_time=to_time,
                totals=rollups.totals(from_time, to_time),
                errors_today=today,
                errors_yesterday=yesterday,
                trend=trend,
                bucket_ms=bucket_ms,
                top_reasons=rollups.top("reason", from_time, to_time, 10),
                top_namespaces=rollups.top("namespace", from_time, to_time, 10),
                top_nodes=rollups.top("host", from_time, to_time, 10),
                oom=self._newest(connection, OOM_PROBLEMS, from_time, to_time),
            )

    def _newest(
        self, connection: ReadConnection, problems: tuple[str, ...], from_time: int, to_time: int
    ) -> list[Event]:
        """The newest events of any of the problems: each has its own stretch of the index, the newest of all
        win."""
        rows: list[Row] = []
        for problem in problems:
            query = EventQuery(from_time, to_time, {"problem": (problem,)})
            rows += self._rows(connection, compile_query(connection, query), "desc", 20)
        rows.sort(key=lambda row: row[0], reverse=True)
        return self._events(connection, rows[:20])

    def saved_queries(self) -> list[SavedQuery]:
        with self._connection() as connection:
            return saved_queries.listed(connection)

    def usage(self, from_time: int, to_time: int, now: int, limit: int) -> Usage:
        with self._connection() as connection:
            return usage(connection, self._path, from_time, to_time, now, limit)

    def values(self, field: str, from_time: int, to_time: int, limit: int = 200) -> list[str]:
        with self._connection() as connection:
            rollups = Rollups(connection, self._error_problems)
            return [entry.value for entry in rollups.top(field, from_time, to_time, limit)]


def _occurrences(history: list[Row], message: str) -> list[Occurrence]:
    """Oldest first, from rows newest first; going back in time each row may say what the message was before
    it."""
    result = []
    for seq, time_, count, occurrences, before in history:
        result.append(Occurrence(seq, time_, count, occurrences, message))
        message = message if before is None else str(before)
    return result[::-1]
