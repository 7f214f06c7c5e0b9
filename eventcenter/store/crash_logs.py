"""The ends of container logs that are kept with events: one an event, the newest; the oldest go first when all of them
together become too large. They go with their event."""

from __future__ import annotations

import sqlite3

import zstandard

from eventcenter.containerlogs import KeptLog
from eventcenter.store.calls import Ask
from eventcenter.store.reader import Reader

_POSITION = "crash-logs"
MAX_PLAIN = 2**20
"""Bytes of one text; it is made smaller before it comes here."""


class CrashLogTable:
    """See `ports.CrashLogKeeper`. Writes in the writer's thread, reads beside it. `max_bytes`: of all texts, as they
    are stored."""

    def __init__(self, ask: Ask, reader: Reader, max_bytes: int) -> None:
        self._ask = ask
        self._reader = reader
        self._max_bytes = max_bytes

    def position(self) -> int | None:
        def read(connection: sqlite3.Connection) -> int | None:
            row = connection.execute("SELECT seq FROM cursor WHERE name = ?", (_POSITION,)).fetchone()
            return None if row is None else int(row[0])

        return self._reader.read(read)

    def keep_position(self, seq: int, now: int) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO cursor VALUES (?, 'crash-logs', ?, ?)", (_POSITION, seq, now)
            )

        self._ask(write)

    def keep(self, seq: int, kept: KeptLog) -> None:
        data = zstandard.compress(kept.text.encode("utf-8", "replace"), 6)

        def write(connection: sqlite3.Connection) -> None:
            # An event that retention has deleted meanwhile is not there to keep anything with.
            connection.execute(
                "INSERT OR REPLACE INTO crash_log (eid, container, run, previous, time, truncated, text) "
                "SELECT eid, ?, ?, ?, ?, ?, ? FROM change WHERE seq = ?",
                (kept.container, kept.run, kept.previous, kept.time, kept.truncated, data, seq),
            )
            _make_room(connection, self._max_bytes)

        self._ask(write)

    def of_event(self, seq: int) -> KeptLog | None:
        def read(connection: sqlite3.Connection) -> KeptLog | None:
            row = connection.execute(
                "SELECT container, run, previous, time, truncated, text FROM crash_log "
                "WHERE eid = (SELECT eid FROM change WHERE seq = ?)",
                (seq,),
            ).fetchone()
            return None if row is None else _kept(*row)

        return self._reader.read(read)


def _make_room(connection: sqlite3.Connection, max_bytes: int) -> None:
    over = connection.execute("SELECT coalesce(sum(size), 0) FROM crash_log").fetchone()[0] - max_bytes
    while over > 0:
        eid, size = connection.execute(
            "SELECT eid, size FROM crash_log ORDER BY time, eid LIMIT 1"
        ).fetchone()
        connection.execute("DELETE FROM crash_log WHERE eid = ?", (eid,))
        over -= size


def _kept(container: str, run: str, previous: int, time: int, truncated: int, data: bytes) -> KeptLog:
    return KeptLog(
        container=container,
        run=run,
        previous=bool(previous),
        time=time,
        text=zstandard.decompress(data, max_output_size=MAX_PLAIN).decode("utf-8", "replace"),
        truncated=bool(truncated),
    )
