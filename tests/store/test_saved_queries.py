"""Saved queries in the file: kept over restarts, changed one at a time, in no reach of a query."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from eventcenter.errors import ConflictError, EventCenterError, NotFoundError, QuerySyntaxError
from eventcenter.model import QueryDraft, Question
from eventcenter.store import SavedQueries
from eventcenter.store.sandbox import sandbox
from tests.store.conftest import Store


def draft(name: str, place: int | None = None) -> QueryDraft:
    return QueryDraft(name=name, query="level:Warning", place=place)


def names(store: Store) -> list[str]:
    return [saved.name for saved in store.reader.saved_queries()]


def test_they_are_kept_over_a_restart(store: Store) -> None:
    made = SavedQueries(store.writer.call).create(QueryDraft(name="a", query="* | SELECT 1", on_board=True))
    store.restart()
    assert store.reader.saved_queries() == [made]
    assert made.on_board is True


def test_their_order_is_that_of_their_places(store: Store) -> None:
    keeper = SavedQueries(store.writer.call)
    first, _second = keeper.create(draft("a")), keeper.create(draft("b"))
    keeper.create(draft("c", place=0))
    assert names(store) == ["c", "a", "b"]
    keeper.replace(first.id, draft("a", place=50))
    keeper.replace(first.id, draft("renamed"))
    assert names(store) == ["c", "b", "renamed"], "no place given: it stays where it is"


def test_a_name_is_given_once(store: Store) -> None:
    keeper = SavedQueries(store.writer.call)
    first, second = keeper.create(draft("a")), keeper.create(draft("b"))
    for change in (lambda: keeper.create(draft("a")), lambda: keeper.replace(second.id, draft("a"))):
        with pytest.raises(ConflictError, match="'a'"):
            change()
    assert keeper.replace(first.id, draft("a", place=3)).place == 3
    assert names(store) == ["b", "a"]


@pytest.mark.parametrize("id", [0, -1, 7, 2**63, 10**30])
def test_one_that_is_not_there_is_not_found(store: Store, id: int) -> None:
    keeper = SavedQueries(store.writer.call)
    changes: list[Callable[[], object]] = [lambda: keeper.delete(id), lambda: keeper.replace(id, draft("a"))]
    for change in changes:
        with pytest.raises(NotFoundError, match="no saved query"):
            change()


def test_a_list_does_not_grow_for_ever(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventcenter.store.saved_queries.MOST", 2)
    keeper = SavedQueries(store.writer.call)
    keeper.create(draft("a"))
    keeper.create(draft("b"))
    with pytest.raises(ConflictError, match="2 saved queries"):
        keeper.create(draft("c"))


def test_no_query_can_read_them(store: Store) -> None:
    SavedQueries(store.writer.call).create(draft("secret"))
    for text in ("* | SELECT * FROM saved_query", "* | SELECT (SELECT name FROM saved_query)"):
        with pytest.raises(QuerySyntaxError, match="saved_query"):
            store.reader.answer(Question(text=text, now=0))


def test_nor_can_what_gets_past_the_translation(store: Store) -> None:
    path: Path = store.writer.path
    with (
        pytest.raises(EventCenterError, match=r"prohibited|not authorized"),
        sandbox(path, lambda: False) as box,
    ):
        box.close_in(frozenset({"log"}), frozenset())
        box.connection.execute("SELECT name FROM saved_query")


def test_they_are_in_a_copy_of_the_file(store: Store, tmp_path: Path) -> None:
    SavedQueries(store.writer.call).create(draft("a"))
    copy = tmp_path / "copy.db"
    source = sqlite3.connect(store.writer.path)
    try:
        source.execute("VACUUM INTO ?", (str(copy),))
    finally:
        source.close()
    opened = sqlite3.connect(copy)
    try:
        assert opened.execute("SELECT name FROM saved_query").fetchall() == [("a",)]
    finally:
        opened.close()
