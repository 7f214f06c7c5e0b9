"""Brings what can be read of a damaged file into the new one, in the background and slower than collecting.

Rows are read by ranges of their key; where a range cannot be read, the next row that can is searched. Events go through
the writer like those of a recording: what the cluster told again meanwhile is known and is left out."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import zstandard

from eventcenter.errors import StoreError
from eventcenter.history import earlier_changes
from eventcenter.model import Batch, Change, ChangeType, Event
from eventcenter.store.export import earlier
from eventcenter.store.packing import Unpacker, shipped_dictionary, unpack_uid
from eventcenter.store.rows import EVENT_COLUMNS, TERM_COLUMNS, event_of

log = logging.getLogger(__name__)

STREAM = "salvage/"
"""Followed by the name of the file; the position is the last event that was looked at, or DONE."""
DONE = "done"
EVENTS_A_BATCH = 100
PATIENCE_S = 2.0
"""How long a batch waits for collecting to have nothing to write."""
_LAST = (1 << 63) - 1

Row = tuple[Any, ...]
Connect = Callable[[], sqlite3.Connection]


class Salvage:
    """A thread that ends by itself, or soon after `stop`."""

    def __init__(
        self,
        name: str,
        connect: Connect,
        deliver: Callable[[Batch], None],
        busy: Callable[[], bool],
        after: str | None = None,
    ) -> None:
        self.name = name
        self.taken = 0
        self.lost = 0
        self.ended = False
        self._connect = connect
        self._deliver = deliver
        self._busy = busy
        self._after = int(after) if after and after.isdecimal() else -1
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-salvage", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def said(self) -> str:
        state = "salvaged" if self.ended else "salvaging, so far"
        lost = f", {self.lost} rows or ranges could not be read" if self.lost else ""
        return f"{state} {self.taken} events{lost}"

    def _run(self) -> None:
        try:
            connection = self._connect()
        except sqlite3.Error as error:
            log.error("nothing of %s can be salvaged: %s", self.name, error)
            self.ended = True
            return
        try:
            self._bring(connection)
        except StoreError:
            log.info("salvaging %s stops with its store; the next start goes on", self.name)
        except sqlite3.Error as error:
            log.error("salvaging %s ended: %s", self.name, error)
            self.ended = True
        finally:
            with suppress(sqlite3.Error):
                connection.close()

    def _bring(self, connection: sqlite3.Connection) -> None:
        old = _Old(connection, self._missed)
        batch: list[Change] = []
        for count, row in enumerate(old.rows(self._after + 1), start=1):
            if self._stop.is_set():
                return
            changes = old.changes(row)
            self.taken += bool(changes)
            batch += changes
            if count % EVENTS_A_BATCH == 0:
                self._hand_over(batch, str(row[0]))
                batch = []
        self._hand_over(batch, DONE)
        self.ended = True
        log.warning("%s: %s", self.name, self.said())

    def _missed(self, what: str) -> None:
        self.lost += 1
        if self.lost <= 10:
            log.warning("salvaging %s: %s", self.name, what)

    def _hand_over(self, batch: list[Change], position: str) -> None:
        began = time.monotonic()
        self._deliver(Batch(STREAM + self.name, batch, position))
        while self._busy() and time.monotonic() < began + PATIENCE_S and not self._stop.wait(0.01):
            continue
        self._stop.wait(min(PATIENCE_S, time.monotonic() - began))


class _Old:
    """A file that may fail at any row."""

    def __init__(self, connection: sqlite3.Connection, missed: Callable[[str], None]) -> None:
        self._connection = connection
        self._missed = missed
        self._texts: dict[int, str] = dict(readable(connection, "SELECT id, text FROM term", "id", 0, missed))
        try:
            self._unpacker = Unpacker(connection)
        except sqlite3.DatabaseError:
            missed("the dictionaries cannot be read, the one that was shipped is taken")
            self._unpacker = Unpacker.of({1: shipped_dictionary()})

    def rows(self, first: int) -> Iterator[Row]:
        columns = EVENT_COLUMNS + ", e.eid, e.raw"
        return readable(self._connection, f"SELECT {columns} FROM event e", "e.id", first, self._missed)

    def changes(self, row: Row) -> list[Change]:
        """The event with its history; empty where what was read makes no sense."""
        *told, eid, packed = row
        try:
            texts = {number: self._texts[number] for number in {told[column] for column in TERM_COLUMNS}}
            event = event_of(tuple(told), texts, "")
            raw = self._unpacker.unpack(event, packed)
        except (KeyError, ValueError, TypeError, IndexError, zstandard.ZstdError, StoreError) as error:
            self._missed(f"the event {row[0]} makes no sense: {type(error).__name__}: {error}")
            return []
        version = (
            raw.get("metadata", {}).get("resourceVersion") if isinstance(raw.get("metadata"), dict) else None
        )
        change = Change(ChangeType.ADDED, event, version if isinstance(version, str) else "", raw)
        return [*earlier_changes(change, self._history(eid, event)), change]

    def _history(self, eid: int, event: Event) -> list[tuple[int, int, str]]:
        try:
            return [
                (state.time, state.times, state.message)
                for state in earlier(self._connection, {eid: event.message}).get(eid, [])
            ]
        except sqlite3.DatabaseError:
            self._missed(f"the history of event {unpack_uid(event.uid)} cannot be read")
            return []


def readable(
    connection: sqlite3.Connection, select: str, key: str, first: int, missed: Callable[[str], None]
) -> Iterator[Row]:
    """All rows that can be read, in the order of their integer key (their first column)."""
    sql = f"{select} WHERE {key} >= ? ORDER BY {key}"
    at: int | None = first
    while at is not None:
        try:
            for row in connection.execute(sql, (at,)):
                yield row
                at = row[0] + 1
            return
        except sqlite3.DatabaseError as error:
            # The cursor reads one row ahead: the one before the damage is still to come.
            if alone := _next(connection, sql, at):
                yield alone
                at = alone[0] + 1
                continue
            beyond = _beyond(connection, sql, at)
            missed(f"nothing can be read from {at} to {'the end' if beyond is None else beyond}: {error}")
            at = beyond


def _next(connection: sqlite3.Connection, sql: str, at: int) -> Row | None:
    try:
        row = connection.execute(sql + " LIMIT 1", (at,)).fetchone()
    except sqlite3.DatabaseError:
        return None
    return tuple(row) if row else None


def _beyond(connection: sqlite3.Connection, sql: str, bad: int) -> int | None:
    """The first place behind `bad` from which a row can be read."""
    step = 1
    while _next(connection, sql, good := min(bad + step, _LAST)) is None:
        if good == _LAST:
            return None
        bad, step = good, step * 2
    while good - bad > 1:
        middle = (bad + good) // 2
        bad, good = (middle, good) if _next(connection, sql, middle) is None else (bad, middle)
    return good
