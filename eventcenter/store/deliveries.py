"""What sinks keep: how far each has delivered, what it told people, and what was refused for good.

A position is a row of `cursor` of the kind `sink`, which retention waits for. That of a sink which is not set up any
more becomes `sink-off`: nothing waits for it, and it goes on from there if the sink comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from eventcenter.forwarded import DeadLetter
from eventcenter.model import KeptPosition
from eventcenter.store.calls import Ask
from eventcenter.store.decide import marks
from eventcenter.store.reader import Reader

_ON, _OFF = "sink", "sink-off"
_PREFIX = "sink:"
MAX_DEAD = 10_000
"""Dead letters that are kept of a sink; the oldest go first."""


class Deliveries:
    """See `ports.DeliveryKeeper`. Writes in the writer's thread, reads beside it."""

    def __init__(self, ask: Ask, reader: Reader) -> None:
        self._ask = ask
        self._reader = reader

    def position(self, sink: str) -> int | None:
        def read(connection: sqlite3.Connection) -> int | None:
            row = connection.execute(
                "SELECT seq FROM cursor WHERE name = ? AND kind IN (?, ?)", (_PREFIX + sink, _ON, _OFF)
            ).fetchone()
            return None if row is None else int(row[0])

        return self._reader.read(read)

    def positions(self) -> dict[str, KeptPosition]:
        return self._reader.read(_positions)

    def state(self, sink: str) -> bytes | None:
        def read(connection: sqlite3.Connection) -> bytes | None:
            row = connection.execute("SELECT state FROM sink_state WHERE name = ?", (sink,)).fetchone()
            return None if row is None else bytes(row[0])

        return self._reader.read(read)

    def keep(
        self, sink: str, seq: int, now: int, *, state: bytes | None = None, dead: Sequence[DeadLetter] = ()
    ) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO cursor VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "kind = excluded.kind, seq = excluded.seq, updated = excluded.updated",
                (_PREFIX + sink, _ON, seq, now),
            )
            if state is not None:
                connection.execute("INSERT OR REPLACE INTO sink_state VALUES (?, ?)", (sink, state))
            if dead:
                _bury(connection, sink, dead)

        self._ask(write)

    def retire(self, configured: Iterable[str]) -> None:
        names = [_PREFIX + name for name in configured]

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                f"UPDATE cursor SET kind = ? WHERE kind = ? AND name NOT IN ({marks(names)})",
                (_OFF, _ON, *names),
            )

        self._ask(write)

    def forget(self, sink: str) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM cursor WHERE name = ? AND kind IN (?, ?)", (_PREFIX + sink, _ON, _OFF)
            )
            connection.execute("DELETE FROM sink_state WHERE name = ?", (sink,))
            connection.execute("DELETE FROM dead_letter WHERE sink = ?", (sink,))

        self._ask(write)

    def dead_letters(self, sink: str, limit: int = 100, *, again: bool = False) -> list[DeadLetter]:
        def read(connection: sqlite3.Connection) -> list[DeadLetter]:
            rows = connection.execute(
                "SELECT id, seq, about, reason, refused, again FROM dead_letter WHERE sink = ? "
                f"{'AND again' if again else ''} ORDER BY id {'' if again else 'DESC'} LIMIT ?",
                (sink, limit),
            ).fetchall()
            return [
                DeadLetter(
                    id=id, sink=sink, seq=seq, about=about, reason=reason, refused=refused, again=bool(again)
                )
                for id, seq, about, reason, refused, again in rows
            ]

        return self._reader.read(read)

    def dead_counts(self) -> dict[str, int]:
        return dict(
            self._reader.read(
                lambda connection: connection.execute(
                    "SELECT sink, count(*) FROM dead_letter GROUP BY sink"
                ).fetchall()
            )
        )

    def send_again(self, sink: str, ids: Sequence[int] | None = None) -> int:
        return self._change(sink, ids, "UPDATE dead_letter SET again = 1")

    def drop(self, sink: str, ids: Sequence[int] | None = None) -> int:
        return self._change(sink, ids, "DELETE FROM dead_letter")

    def _change(self, sink: str, ids: Sequence[int] | None, statement: str) -> int:
        which = "" if ids is None else f" AND id IN ({marks(list(ids))})"
        arguments = (sink, *(ids or ()))
        return self._ask(
            lambda connection: connection.execute(f"{statement} WHERE sink = ?{which}", arguments).rowcount
        )


def _positions(connection: sqlite3.Connection) -> dict[str, KeptPosition]:
    rows = connection.execute(
        "SELECT name, seq, updated, (SELECT coalesce(c.placed, c.time) FROM change c WHERE c.seq > cursor.seq "
        "ORDER BY c.seq LIMIT 1) FROM cursor WHERE kind = ?",
        (_ON,),
    ).fetchall()
    return {
        name.removeprefix(_PREFIX): KeptPosition(
            name=name.removeprefix(_PREFIX), seq=seq, updated=updated, waiting_since=since
        )
        for name, seq, updated, since in rows
    }


def _bury(connection: sqlite3.Connection, sink: str, dead: Sequence[DeadLetter]) -> None:
    connection.executemany(
        "INSERT INTO dead_letter (sink, seq, about, reason, refused) VALUES (?, ?, ?, ?, ?)",
        [(sink, letter.seq, letter.about, letter.reason, letter.refused) for letter in dead],
    )
    connection.execute(
        "DELETE FROM dead_letter WHERE sink = ?1 AND id <= (SELECT id FROM dead_letter WHERE sink = ?1 "
        "ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        (sink, MAX_DEAD),
    )
