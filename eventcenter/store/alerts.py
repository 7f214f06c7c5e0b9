"""Alerts as they are and were, and the state of who judges them: written together with the position in the log, so that
a kill neither forgets nor repeats."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from eventcenter.alerted import AlertRecord, JudgeState, Notices
from eventcenter.store.calls import Ask
from eventcenter.store.notifications import keep_notices
from eventcenter.store.reader import Reader
from eventcenter.store.rows import Row

_COLUMNS = (
    "rule, labels, severity, state, since, fired, resolved, newest, occurrences, names, message, seq, why"
)
KEPT_MS = 90 * 86_400_000
"""Alerts that are over are kept so long."""


class AlertTable:
    """See `ports.AlertKeeper`. Writes in the writer's thread, reads beside it."""

    def __init__(self, ask: Ask, reader: Reader) -> None:
        self._ask = ask
        self._reader = reader

    def state(self) -> JudgeState | None:
        def read(connection: sqlite3.Connection) -> JudgeState | None:
            row = connection.execute("SELECT seq, state FROM alert_state").fetchone()
            return None if row is None else JudgeState(seq=row[0], state=bytes(row[1]))

        return self._reader.read(read)

    def keep(
        self,
        state: JudgeState,
        changed: Sequence[AlertRecord],
        passed: Sequence[AlertRecord],
        now: int,
        notices: Notices | None = None,
    ) -> None:
        def write(connection: sqlite3.Connection) -> None:
            for record in passed:
                connection.execute(
                    "DELETE FROM alert WHERE rule = ? AND labels = ? AND state <> 'resolved'", _key(record)
                )
            for record in changed:
                _write(connection, record)
            connection.execute(
                "INSERT OR REPLACE INTO alert_state VALUES (1, ?, ?)", (state.seq, state.state)
            )
            connection.execute("DELETE FROM alert WHERE resolved < ?", (now - KEPT_MS,))
            if notices is not None:
                keep_notices(connection, notices)

        self._ask(write)

    def active(self) -> list[AlertRecord]:
        return self._read("WHERE state <> 'resolved' ORDER BY since DESC", ())

    def history(self, since: int, until: int, limit: int) -> list[AlertRecord]:
        return self._read(
            "WHERE resolved >= ? AND resolved < ? ORDER BY resolved DESC LIMIT ?", (since, until, limit)
        )

    def _read(self, which: str, arguments: tuple[int, ...]) -> list[AlertRecord]:
        rows = self._reader.read(
            lambda connection: connection.execute(
                f"SELECT id, {_COLUMNS} FROM alert {which}", arguments
            ).fetchall()
        )
        return [_record(row) for row in rows]


def _key(record: AlertRecord) -> tuple[str, str]:
    return record.rule, json.dumps(record.labels, ensure_ascii=True)


def _write(connection: sqlite3.Connection, record: AlertRecord) -> None:
    """An alert that is not over has one row, which goes on as long as it does."""
    rule, labels = _key(record)
    values = (
        record.severity, record.state, record.since, record.fired, record.resolved, record.newest, record.occurrences,
        json.dumps(record.names, ensure_ascii=True), record.message, record.seq, record.why,
    )  # fmt: skip
    done = connection.execute(
        "UPDATE alert SET severity = ?, state = ?, since = ?, fired = ?, resolved = ?, newest = ?, occurrences = ?, "
        "names = ?, message = ?, seq = ?, why = ? WHERE rule = ? AND labels = ? AND state <> 'resolved'",
        (*values, rule, labels),
    )
    if not done.rowcount:
        connection.execute(
            f"INSERT INTO alert ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (rule, labels, *values),
        )


def _record(row: Row) -> AlertRecord:
    values = dict(zip(("id", *_COLUMNS.split(", ")), row, strict=True))
    for name in ("labels", "names"):
        values[name] = json.loads(values[name])
    return AlertRecord(**values)
