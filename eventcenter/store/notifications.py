"""Silences, and what was told of alerts or is to be. What is decided is written with the state of who decides
(`AlertTable.keep`) and stays there until its channel has it: at least once, in order."""

from __future__ import annotations

import json
import sqlite3

import msgspec

from eventcenter.alerted import LogEntry, Notices, Notification, Outcome, Silence
from eventcenter.errors import NotFoundError
from eventcenter.store.calls import Ask
from eventcenter.store.reader import Reader
from eventcenter.store.rows import Row

_SILENCE = "id, matchers, starts, ends, author, reason, created, before"
_ENTRY = "id, time, outcome, receivers, labels, reason, rules, firing, resolved, next, delivered, error"
KEPT_MS = 90 * 86_400_000
MAX_WAITING = 1000
"""Read at once."""


class NotificationTable:
    """See `ports.NotificationKeeper`."""

    def __init__(self, ask: Ask, reader: Reader) -> None:
        self._ask = ask
        self._reader = reader

    def state(self) -> bytes | None:
        row = self._reader.read(
            lambda connection: connection.execute("SELECT state FROM notifying_state").fetchone()
        )
        return None if row is None else bytes(row[0])

    def silences(self, ends_after: int) -> list[Silence]:
        rows = self._reader.read(
            lambda connection: connection.execute(
                f"SELECT {_SILENCE} FROM silence WHERE ends > ? ORDER BY ends DESC, id DESC", (ends_after,)
            ).fetchall()
        )
        return [_silence(row) for row in rows]

    def add_silence(self, silence: Silence) -> Silence:
        def write(connection: sqlite3.Connection) -> int:
            connection.execute("DELETE FROM silence WHERE ends < ?", (silence.created - KEPT_MS,))
            values = (
                json.dumps(silence.matchers), silence.starts, silence.ends, silence.author, silence.reason,
                silence.created, silence.before,
            )  # fmt: skip
            done = connection.execute(
                "INSERT INTO silence (matchers, starts, ends, author, reason, created, before) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return int(done.lastrowid or 0)

        return msgspec.structs.replace(silence, id=self._ask(write))

    def end_silence(self, id: int, now: int) -> None:
        """One that has not begun yet ends as it begins."""

        def write(connection: sqlite3.Connection) -> int:
            return connection.execute(
                "UPDATE silence SET ends = min(ends, max(starts, ?)) WHERE id = ?", (now, id)
            ).rowcount

        if id >= 2**63 or not self._ask(write):
            raise NotFoundError(
                f"there is no silence {str(id)[:40]}", hint="GET /api/v1/silences lists them."
            )

    def awaited(self) -> list[str]:
        rows = self._reader.read(
            lambda connection: connection.execute(
                "SELECT DISTINCT receivers FROM notification WHERE outcome = 'waiting'"
            ).fetchall()
        )
        return [name for row in rows for name in json.loads(row[0])]

    def waiting(self, receiver: str) -> list[Notification]:
        rows = self._reader.read(
            lambda connection: connection.execute(
                "SELECT id, payload FROM notification WHERE outcome = 'waiting' AND receivers = ? ORDER BY id LIMIT ?",
                (json.dumps([receiver]), MAX_WAITING),
            ).fetchall()
        )
        return [msgspec.structs.replace(_decoded(payload), id=id) for id, payload in rows]

    def done(self, id: int, outcome: Outcome, now: int, error: str = "") -> None:
        self._ask(
            lambda connection: (
                connection.execute(
                    "UPDATE notification SET outcome = ?, delivered = ?, error = ?, payload = NULL WHERE id = ?",
                    (outcome.value, now if outcome is Outcome.SENT else None, error, id),
                ).rowcount
            )
        )

    def tried(self, id: int, error: str) -> None:
        self._ask(
            lambda connection: (
                connection.execute("UPDATE notification SET error = ? WHERE id = ?", (error, id)).rowcount
            )
        )

    def log(self, limit: int) -> list[LogEntry]:
        rows = self._reader.read(
            lambda connection: connection.execute(
                f"SELECT {_ENTRY} FROM notification ORDER BY id DESC LIMIT ?", (limit,)
            ).fetchall()
        )
        return [_entry(row) for row in rows]


def keep_notices(connection: sqlite3.Connection, notices: Notices) -> None:
    """Within the transaction of what has been judged."""
    connection.execute("INSERT OR REPLACE INTO notifying_state VALUES (1, ?)", (notices.state,))
    for entry in notices.held:
        _write(connection, entry, None)
    for told in notices.told:
        _write(connection, _waiting(told), msgspec.msgpack.encode(told))
    if notices.told or notices.held:
        newest = max([told.time for told in notices.told] + [entry.time for entry in notices.held])
        connection.execute(
            "DELETE FROM notification WHERE time < ? AND outcome <> 'waiting'", (newest - KEPT_MS,)
        )


def _waiting(told: Notification) -> LogEntry:
    return LogEntry(
        time=told.time,
        outcome=Outcome.WAITING,
        receivers=(told.receiver,),
        labels=told.labels,
        reason=told.reason,
        rules=tuple(dict.fromkeys(alert.rule for alert in (*told.firing, *told.resolved))),
        firing=len(told.firing),
        resolved=len(told.resolved),
        next=told.next,
    )


def _write(connection: sqlite3.Connection, entry: LogEntry, payload: bytes | None) -> None:
    connection.execute(
        "INSERT INTO notification (time, outcome, receivers, labels, reason, rules, firing, resolved, next, delivered, "
        "error, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.time,
            entry.outcome.value,
            json.dumps(entry.receivers),
            json.dumps(entry.labels),
            entry.reason,
            json.dumps(entry.rules),
            entry.firing,
            entry.resolved,
            entry.next,
            entry.delivered,
            entry.error,
            payload,
        ),
    )


def _decoded(payload: bytes) -> Notification:
    return msgspec.msgpack.decode(payload, type=Notification)


def _silence(row: Row) -> Silence:
    values = dict(zip(_SILENCE.split(", "), row, strict=True))
    return Silence(**values | {"matchers": tuple(json.loads(values["matchers"]))})


def _entry(row: Row) -> LogEntry:
    values = dict(zip(_ENTRY.split(", "), row, strict=True))
    values["outcome"] = Outcome(values["outcome"])
    values["labels"] = json.loads(values["labels"])
    for name in ("receivers", "rules"):
        values[name] = tuple(json.loads(values[name]))
    return LogEntry(**values)
