"""Work that others hand to the writer: between two transactions of ingestion, undone when it fails."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

import pytest

from eventcenter.errors import StoreError, StoreUnwritable
from tests.store.made import added, batch, event


def test_the_result_comes_back_and_what_was_done_is_committed(store: Any) -> None:
    def task(connection: sqlite3.Connection) -> int:
        assert connection.in_transaction
        connection.execute("INSERT INTO cursor VALUES ('a', 'sink', 7, 0)")
        return 42

    assert store.writer.call(task) == 42
    assert store.writer.call(lambda c: c.execute("SELECT seq FROM cursor").fetchone()) == (7,)


def test_it_sees_what_was_delivered_before(store: Any) -> None:
    store.writer.deliver(batch(added(event(1))))
    assert store.writer.call(lambda c: c.execute("SELECT count(*) FROM event").fetchone()) == (1,)


def test_a_task_that_fails_is_undone_and_ingestion_goes_on(store: Any) -> None:
    def task(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO cursor VALUES ('a', 'sink', 7, 0)")
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        store.writer.call(task)
    with pytest.raises(StoreUnwritable, match="no such table"):
        store.writer.call(lambda c: c.execute("SELECT * FROM nowhere"))
    with pytest.raises(StoreError, match="UNIQUE"):
        store.writer.call(lambda c: c.execute("INSERT INTO term VALUES (0, '')"))
    assert store.writer.call(lambda c: c.execute("SELECT count(*) FROM cursor").fetchone()) == (0,)
    store.put(batch(added(event(1))))
    assert store.writer.status().writable


def test_a_table_of_words_that_a_task_drops_is_made_again(store: Any) -> None:
    store.put(batch(added(event(1))))
    (day,) = store.writer.call(lambda c: c.execute("SELECT day FROM words").fetchone())

    def task(connection: sqlite3.Connection) -> None:
        connection.execute(f"DROP TABLE words_{day}")
        connection.execute("DELETE FROM words")

    store.writer.call(task)
    store.put(batch(added(event(2))))
    assert store.writer.call(lambda c: c.execute("SELECT day FROM words").fetchone()) == (day,)


def test_it_is_refused_after_close(store: Any) -> None:
    store.writer.close()
    with pytest.raises(StoreError, match="closed"):
        store.writer.call(lambda c: None)


def test_close_answers_every_call_that_waits(store: Any) -> None:
    began, go_on = threading.Event(), threading.Event()
    answers: list[object] = []

    def slow(connection: sqlite3.Connection) -> None:
        began.set()
        assert go_on.wait(10)

    def ask() -> None:
        try:
            answers.append(store.writer.call(lambda c: "done"))
        except StoreError as error:
            answers.append(error)

    first = threading.Thread(target=lambda: store.writer.call(slow))
    first.start()
    assert began.wait(10)
    others = [threading.Thread(target=ask) for _ in range(12)]  # more than the queue takes
    for thread in others:
        thread.start()
    closing = threading.Thread(target=store.writer.close)
    closing.start()
    go_on.set()
    for thread in (first, closing, *others):
        thread.join(20)
        assert not thread.is_alive()
    assert len(answers) == 12
    assert all(answer == "done" or "closed" in str(answer) for answer in answers)
