"""A watcher on a cluster in this process, with the waiting times cut to fractions of a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eventcenter.errors import StoreError
from eventcenter.model import Batch
from eventcenter.watch.connection import Access, Connection, connect
from eventcenter.watch.tuning import Tuning
from eventcenter.watch.watcher import Watcher
from tests.watch.fake_cluster import FakeCluster, serving

QUICK = Tuning(
    page=3, silence=0.2, silence_at_most=0.8, backoff=0.02, backoff_at_most=0.1, forbidden_at_most=0.2
)


class FakeStore:
    """Takes batches and keeps positions, as the store does."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.kept: str | None = None
        self.errors: list[StoreError] = []
        """Raised instead of taking the next batches."""
        self.open = threading.Event()
        self.open.set()

    def position(self, stream: str) -> str | None:
        return self.kept

    def deliver(self, batch: Batch) -> None:
        self.open.wait(30)
        if self.errors:
            raise self.errors.pop(0)
        self.batches.append(batch)
        if batch.forget_position or batch.position is not None:
            self.kept = batch.position

    def names(self) -> list[str]:
        """The uids of all changes, in the order they came."""
        return [
            change.event.uid.removeprefix("uid-") for batch in list(self.batches) for change in batch.changes
        ]

    def counts(self) -> dict[str, int]:
        return {c.event.uid: c.event.count for batch in list(self.batches) for c in batch.changes}


def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait for a condition; fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the awaited condition did not come"
        time.sleep(0.005)


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with serving(FakeCluster()) as cluster:
        yield cluster


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


MakeWatcher = Callable[..., Watcher]


@pytest.fixture
def make_watcher(cluster: FakeCluster, store: FakeStore) -> Iterator[MakeWatcher]:
    """Makes watchers on `cluster`, and stops them at the end."""
    made: list[Watcher] = []

    def make(namespace: str | None = None, tuning: Tuning = QUICK, **options: Any) -> Watcher:
        def connection() -> Connection:
            return connect(Access(source=f"kubernetes:{cluster.url}?inClusterConfig=false"))

        watcher = Watcher(
            options.pop("connection", connection),
            f"events/{namespace}" if namespace else "events",
            namespace,
            store.deliver,
            store,
            lambda: time.time_ns() // 1_000_000,
            tuning,
        )
        made.append(watcher)
        return watcher

    yield make
    store.open.set()
    for watcher in made:
        watcher.stop()


@pytest.fixture
def watcher(make_watcher: MakeWatcher) -> Watcher:
    return make_watcher()
