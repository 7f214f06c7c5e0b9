"""The queries that people keep, in the file of their instance: so they are in its backups too."""

from __future__ import annotations

import sqlite3
from typing import Any

from eventcenter.errors import ConflictError, NotFoundError
from eventcenter.model import QueryDraft, SavedQuery
from eventcenter.store.calls import Ask

MOST = 500
"""Nobody writes more by hand; a program that does is stopped before the list is a burden."""
_COLUMNS = "id, name, query, range, chart, on_board, place"
_LAST = 2**63 - 1


def listed(connection: sqlite3.Connection) -> list[SavedQuery]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM saved_query ORDER BY place, id").fetchall()
    return [_saved(row) for row in rows]


class SavedQueries:
    """See `ports.QueryKeeper`. Every change is a transaction of the writer."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def create(self, draft: QueryDraft) -> SavedQuery:
        return self._ask(lambda connection: _created(connection, draft))

    def replace(self, id: int, draft: QueryDraft) -> SavedQuery:
        return self._ask(lambda connection: _replaced(connection, id, draft))

    def delete(self, id: int) -> None:
        self._ask(lambda connection: _deleted(connection, id))


def _created(connection: sqlite3.Connection, draft: QueryDraft) -> SavedQuery:
    count, behind = connection.execute(
        "SELECT count(*), coalesce(max(place), 0) + 1 FROM saved_query"
    ).fetchone()
    if count >= MOST:
        raise ConflictError(f"there are {count} saved queries", hint="Delete one that nobody needs.")
    _check_name(connection, draft.name, 0)
    place = min(behind, _LAST) if draft.place is None else draft.place
    row = connection.execute(
        f"INSERT INTO saved_query (name, query, range, chart, on_board, place) VALUES (?, ?, ?, ?, ?, ?) "
        f"RETURNING {_COLUMNS}",
        (draft.name, draft.query, draft.range, draft.chart, draft.on_board, place),
    ).fetchone()
    return _saved(row)


def _replaced(connection: sqlite3.Connection, id: int, draft: QueryDraft) -> SavedQuery:
    _check_there(connection, id)
    _check_name(connection, draft.name, id)
    row = connection.execute(
        "UPDATE saved_query SET name = ?, query = ?, range = ?, chart = ?, on_board = ?, place = coalesce(?, place) "
        f"WHERE id = ? RETURNING {_COLUMNS}",
        (draft.name, draft.query, draft.range, draft.chart, draft.on_board, draft.place, id),
    ).fetchone()
    return _saved(row)


def _deleted(connection: sqlite3.Connection, id: int) -> None:
    _check_there(connection, id)
    connection.execute("DELETE FROM saved_query WHERE id = ?", (id,))


def _check_there(connection: sqlite3.Connection, id: int) -> None:
    if (
        not 0 < id <= _LAST
        or not connection.execute("SELECT 1 FROM saved_query WHERE id = ?", (id,)).fetchone()
    ):
        raise missing(id)


def missing(id: int) -> NotFoundError:
    return NotFoundError(f"there is no saved query {str(id)[:40]}", hint="It may have been deleted.")


def _check_name(connection: sqlite3.Connection, name: str, own: int) -> None:
    if connection.execute("SELECT 1 FROM saved_query WHERE name = ? AND id <> ?", (name, own)).fetchone():
        raise ConflictError(f"there is a saved query {name!r} already", hint="Choose another name.")


def _saved(row: Any) -> SavedQuery:
    id, name, query, range, chart, on_board, place = row
    return SavedQuery(
        id=id, name=name, query=query, range=range, chart=chart, on_board=bool(on_board), place=place
    )
