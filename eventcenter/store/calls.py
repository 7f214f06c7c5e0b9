"""Work that others want done with the write connection (retention, merging): it runs in the writer's thread, in a
transaction of its own between two of ingestion, so that there is never a second writer to wait for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from eventcenter.errors import StoreError
from eventcenter.store.files import transaction, unwritable

T = TypeVar("T")
Task = Callable[[sqlite3.Connection], T]


class Ask(Protocol):
    """`Writer.call`."""

    def __call__(self, task: Task[T]) -> T: ...


LOOK_S = 0.5
"""Between two looks whether the writer still lives."""


class Call(Generic[T]):
    """One task and the way its result takes back to the caller."""

    def __init__(self, task: Task[T]) -> None:
        self._task = task
        self._future: Future[T] = Future()

    def run(self, connection: sqlite3.Connection, path: Path) -> None:
        """What goes wrong is undone and the caller's to hear of: ingestion goes on."""
        try:
            with transaction(connection):
                result = self._task(connection)
        except sqlite3.OperationalError as error:
            self._future.set_exception(unwritable(path, error))
        except sqlite3.Error as error:
            self._future.set_exception(StoreError(f"{path}: {error}"))
        except BaseException as error:
            self._future.set_exception(error)
        else:
            self._future.set_result(result)

    def refuse(self, error: StoreError) -> None:
        self._future.set_exception(error)

    def result(self, writer_lives: Callable[[], bool]) -> T:
        while not wait([self._future], LOOK_S).done:
            if not writer_lives() and not self._future.done():
                raise closed()
        return self._future.result()


def closed() -> StoreError:
    return StoreError("the store is closed")
