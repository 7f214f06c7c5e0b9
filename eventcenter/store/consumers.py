"""The positions of named consumers: rows of `cursor` of a kind of their own, which retention does not wait for."""

from __future__ import annotations

import sqlite3

from eventcenter.model import KeptPosition
from eventcenter.store.calls import Ask
from eventcenter.store.reader import Reader

_KIND = "consumer"
_PREFIX = "consumer:"
"""Of the names in the table, which sinks have names in too."""


class ConsumerTable:
    """See `ports.ConsumerPositions`. Writes in the writer's thread, reads beside it."""

    def __init__(self, ask: Ask, reader: Reader) -> None:
        self._ask = ask
        self._reader = reader

    def kept(self) -> list[KeptPosition]:
        return self._reader.read(_kept)

    def keep(self, name: str, seq: int, now: int) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO cursor VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "seq = excluded.seq, updated = excluded.updated",
                (_PREFIX + name, _KIND, seq, now),
            )

        self._ask(write)

    def forget(self, name: str) -> bool:
        def delete(connection: sqlite3.Connection) -> bool:
            statement = "DELETE FROM cursor WHERE name = ? AND kind = ?"
            return connection.execute(statement, (_PREFIX + name, _KIND)).rowcount > 0

        return self._ask(delete)


def _kept(connection: sqlite3.Connection) -> list[KeptPosition]:
    rows = connection.execute(
        "SELECT name, seq, updated, (SELECT coalesce(c.placed, c.time) FROM change c WHERE c.seq > cursor.seq "
        "ORDER BY c.seq LIMIT 1) FROM cursor WHERE kind = ? ORDER BY name",
        (_KIND,),
    ).fetchall()
    return [
        KeptPosition(name=name.removeprefix(_PREFIX), seq=seq, updated=updated, waiting_since=since)
        for name, seq, updated, since in rows
    ]
