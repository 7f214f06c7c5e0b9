"""Where queries of users run: each in a thread of its own that gives way to the writer, with a limit of time.

The thread that asks only waits, so it notices that nobody wants the answer any more, and gets away in time even where
a single step of the query does not end."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import msgspec

from eventcenter.errors import QueryCancelled, QueryTimeout, StoreError, TooManyQueries
from eventcenter.model import Answer, Question

SECONDS = 10.0
RUNNING = 2
_LOOK_S, _WAIT_S, _GRACE_S = 0.05, 1.0, 1.0
_NICE = 10

Cancelled = Callable[[], bool]


class Console:
    """Queries of one instance. Any thread may ask; at most `running` are answered at the same time, and while `busy`
    says that the writer of this process is behind, those that run Python give way to it."""

    def __init__(
        self,
        path: Path,
        instance: str,
        *,
        seconds: float = SECONDS,
        running: int = RUNNING,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._busy = busy
        self._path = path
        self._instance = instance
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(running)

    def answer(self, question: Question, cancelled: Cancelled = lambda: False) -> Answer:
        """QuerySyntaxError for a wrong query; QueryTimeout, QueryTooLarge, TooManyQueries; QueryCancelled once
        `cancelled` says so."""
        from eventcenter.store.querying import run  # sqlglot, only needed now

        started = time.perf_counter()
        if not self._places.acquire(timeout=_WAIT_S):
            raise TooManyQueries("too many queries are running", hint="Try again when one has ended.")
        running = _Running(self._seconds, cancelled, self._places.release)
        answer = running.result(lambda: run(self._path, self._instance, question, running.ends, self._busy))
        return msgspec.structs.replace(answer, elapsed_ms=round((time.perf_counter() - started) * 1000, 1))


class _Running:
    """One query in its thread. The thread frees its place, whether or not anybody still waits."""

    def __init__(self, seconds: float, cancelled: Cancelled, ended: Callable[[], None]) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        self._cancelled = cancelled
        self._ended = ended
        self._given_up = False

    def ends(self) -> bool:
        """Asked by SQLite every few thousand steps."""
        return self._given_up or time.monotonic() >= self._deadline

    def result(self, work: Callable[[], Answer]) -> Answer:
        future: Future[Answer] = Future()
        try:
            threading.Thread(target=self._work, args=(work, future), name="query", daemon=True).start()
        except RuntimeError:
            self._ended()
            raise StoreError("no thread can be started for the query") from None
        try:
            while time.monotonic() < self._deadline + _GRACE_S:
                with contextlib.suppress(TimeoutError):
                    return future.result(_LOOK_S)
                if self._cancelled():
                    raise QueryCancelled("nobody waits for the answer any more")
        except QueryTimeout:
            pass  # said below, with the time
        finally:
            self._given_up = True
        raise QueryTimeout(
            f"the query took longer than {self._seconds:g} s",
            hint="Narrow the time range, add a filter in front of the |, or ask for fewer columns.",
        )

    def _work(self, work: Callable[[], Answer], future: Future[Answer]) -> None:
        try:
            _give_way()
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)  # handed to the thread that waits
        finally:
            self._ended()


def _give_way() -> None:
    """Linux schedules each thread by itself: the writer comes first."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
