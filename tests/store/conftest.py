"""Stores for tests: opened through one fixture that closes them, and a check that nothing was left open."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.store import Reader, Writer, inbox, open_reader, open_writer
from tests.store.made import NOON, Clock


@pytest.fixture(autouse=True)
def nothing_is_left_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every connection that the test opened is closed at its end, and every thread has ended."""
    connections: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remembering(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection = connect(*args, **kwargs)
        connections.append(connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", remembering)
    monkeypatch.setattr(inbox, "LINGER_S", 0.0)  # tests flush after each delivery
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before, "a thread is still running"
    assert not [connection for connection in connections if _is_open(connection)], (
        "a connection is still open"
    )


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.total_changes  # noqa: B018  raises when closed
    except sqlite3.ProgrammingError:
        return False
    return True


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


class Store:
    """A writer and a reader of one directory; `restart` closes and opens both."""

    def __init__(self, directory: Path, clock: Clock, classify: Callable[..., str]) -> None:
        self.directory = directory
        self._clock = clock
        self._classify = classify
        self.open()

    def open(self) -> None:
        self.writer: Writer = open_writer(
            self.directory, "default", clock=self._clock, classify=self._classify
        )
        self.reader: Reader = open_reader(
            self.directory, "default", error_problems=frozenset({"pod-oom-killed"})
        )

    def close(self) -> None:
        self.reader.close()
        self.writer.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def put(self, *batches: Any) -> None:
        for batch in batches:
            self.writer.deliver(batch)
        assert self.writer.flush(20), "not committed in time"

    @property
    def path(self) -> Path:
        return self.writer.path


@pytest.fixture
def open_store(clock: Clock) -> Iterator[Callable[..., Store]]:
    opened: list[Store] = []

    def make(directory: Path, classify: Callable[..., str] = lambda event: "") -> Store:
        opened.append(Store(directory, clock, classify))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store], tmp_path: Path) -> Store:
    return open_store(tmp_path / "data")
