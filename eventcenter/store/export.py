"""Reading everything that is stored of events: the raw object and the history too, page by page, oldest first."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from eventcenter.errors import QuerySyntaxError
from eventcenter.model import Event
from eventcenter.query import EventQuery
from eventcenter.store.compile import FOREVER, compile_query
from eventcenter.store.decide import marks
from eventcenter.store.reader import Reader

PAGE = 500


class Earlier(NamedTuple):
    """How an event was before its newest change."""

    time: int
    times: int
    message: str


class Exported(NamedTuple):
    cursor: str
    """To go on after this event: its place, and the newest change when the export began."""
    event: Event
    raw: dict[str, Any]
    history: list[Earlier]
    """Oldest first; without the newest change, which `event` is."""


class ExportReader(Reader):
    """Each page is a snapshot of its own, so that a long export does not hold the write-ahead log. An event that is
    counted up meanwhile moves ahead and is met there (again)."""

    def export(self, query: EventQuery, after: str | None = None) -> Iterator[Exported]:
        """`after` is the cursor of the last event of an export before. What has changed since behind it (events are
        ordered by their own time, and some arrive late) comes first."""
        place, seq = _place_and_seq(after) if after else (0, 0)
        now = self.newest_seq()
        if after:
            for some in _pieces(self._late(place, seq)):
                for item in self._exported(query, some[0], some[-1], some):
                    yield item._replace(cursor=after)
        while page := self._exported(query, place + 1, FOREVER):
            for item in page:
                place = int(item.cursor, 16)
                yield item._replace(cursor=f"{item.cursor}.{now:x}")

    def _late(self, place: int, seq: int) -> list[int]:
        with self._connection() as connection:
            return [
                row[0]
                for row in connection.execute(
                    "SELECT DISTINCT e.id FROM change c JOIN event e ON e.eid = c.eid "
                    "WHERE c.seq > ? AND e.id <= ? ORDER BY e.id",
                    (seq, place),
                )
            ]

    def bounds(self, query: EventQuery) -> tuple[int, int]:
        """The first and last place of the query's range that is taken: how far an export is can be told between
        them."""
        with self._connection() as connection:
            wanted = compile_query(connection, query)
            row = connection.execute(
                "SELECT (SELECT min(id) FROM event WHERE id >= ?), (SELECT max(id) FROM event WHERE id <= ?)",
                (wanted.first, wanted.last),
            ).fetchone()
        return row[0] or 0, row[1] or 0

    def _exported(
        self, query: EventQuery, first: int, last: int, only: list[int] | None = None
    ) -> list[Exported]:
        with self._connection() as connection:
            wanted = compile_query(connection, query)
            wanted.first, wanted.last = max(wanted.first, first), min(wanted.last, last)
            if only is not None:
                wanted.where.append(f"e.id IN ({marks(only)})")
                wanted.values += only
            rows = self._rows(connection, wanted, "asc", PAGE)
            places = [row[0] for row in rows]
            kept = {
                place: (eid, raw)
                for place, eid, raw in connection.execute(
                    f"SELECT id, eid, raw FROM event WHERE id IN ({marks(places)})", places
                )
            }
            events = self._events(connection, rows)
            messages = {kept[place][0]: event.message for place, event in zip(places, events, strict=True)}
            histories = earlier(connection, messages)
            unpack = self._known[connection].unpacker.unpack
        return [
            Exported(
                f"{place:x}",
                event,
                unpack(event, kept[place][1]),
                histories.get(kept[place][0], []),
            )
            for place, event in zip(places, events, strict=True)
        ]


def _place_and_seq(cursor: str) -> tuple[int, int]:
    if not re.fullmatch(r"[0-9a-f]{1,15}\.[0-9a-f]{1,15}", cursor):
        raise QuerySyntaxError(
            f"the cursor {cursor!r:.50} is not one of an export", hint="Take what the export before said."
        )
    place, _, seq = cursor.partition(".")
    return int(place, 16), int(seq, 16)


def _pieces(places: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(places), PAGE):
        yield places[start : start + PAGE]


def earlier(connection: sqlite3.Connection, messages: dict[int, str]) -> dict[int, list[Earlier]]:
    """The history of the events of these numbers (with their newest message), where there is any."""
    eids = list(messages)
    again = connection.execute(
        "SELECT eid, seq, time, count, message_before FROM change "
        f"WHERE eid IN ({marks(eids)}) AND seq <> eid ORDER BY seq DESC",
        eids,
    ).fetchall()
    counted = list({row[0] for row in again})
    first = connection.execute(
        f"SELECT eid, seq, time, count, message_before FROM change WHERE seq IN ({marks(counted)})", counted
    ).fetchall()
    found: dict[int, list[Earlier]] = {}
    message = dict(messages)
    for eid, _, time, count, before in [*again, *first]:  # of each event newest first
        found.setdefault(eid, []).append(Earlier(time, count, message[eid]))
        message[eid] = message[eid] if before is None else before
    return {eid: history[:0:-1] for eid, history in found.items()}
