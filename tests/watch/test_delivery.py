"""Between the watch and the store: back-pressure, a store that cannot write, and stopping."""

from __future__ import annotations

import threading
import time

import pytest

from eventcenter.errors import StoreError, StoreUnwritable
from eventcenter.model import Phase
from eventcenter.watch.watcher import Watcher
from tests.watch.conftest import FakeStore, MakeWatcher, until
from tests.watch.fake_cluster import FakeCluster, Request, silent, status


def test_a_store_that_cannot_write_gets_the_same_batch_again(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    watcher.start()
    until(lambda: watcher.status().established)
    store.errors = [StoreUnwritable("the disk is full")] * 5
    cluster.add("a")
    until(lambda: watcher.status().error == "the disk is full")
    assert watcher.status().phase is Phase.RETRYING
    until(lambda: store.names() == ["a"])
    until(lambda: watcher.status().phase is Phase.WATCHING)
    assert watcher.status().error is None
    assert len(cluster.asked("watch")) == 1


def test_a_closed_store_ends_the_watch(cluster: FakeCluster, store: FakeStore, watcher: Watcher) -> None:
    store.errors = [StoreError("closed")]
    watcher.start()
    until(lambda: watcher.status().phase is Phase.STOPPED)


def test_a_blocked_store_slows_the_watch_down_and_loses_nothing(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    watcher.start()
    until(lambda: watcher.status().established)
    store.open.clear()
    cluster.fill(2000)
    store.open.set()
    until(lambda: len(store.names()) == 2000)
    assert store.names() == [f"e{n}" for n in range(2000)]


def test_stop_ends_a_silent_read_at_once(cluster: FakeCluster, watcher: Watcher) -> None:
    cluster.scripts["watch"].append(silent)
    watcher.start()
    until(lambda: watcher.status().established)
    began = time.monotonic()
    watcher.stop()
    assert time.monotonic() - began < 1
    assert watcher.status().phase is Phase.STOPPED
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("watch-")]


def test_stop_ends_a_list_that_hangs_in_its_body(cluster: FakeCluster, watcher: Watcher) -> None:
    started = threading.Event()

    def half(cluster: FakeCluster, request: Request) -> None:
        request.open_stream()
        request.chunk(b'{"items": [')
        started.set()
        cluster.hang(request)

    cluster.scripts["list"].append(half)
    watcher.start()
    assert started.wait(5)
    until(lambda: watcher.status().phase is Phase.LISTING)
    began = time.monotonic()
    watcher.stop()
    assert time.monotonic() - began < 2


def test_stop_does_not_wait_for_a_store_that_cannot_write(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    store.errors = [StoreUnwritable("read-only")] * 1000
    watcher.start()
    until(lambda: watcher.status().error == "read-only")
    watcher.stop()
    assert watcher.status().phase is Phase.STOPPED
    assert store.batches == []


def test_stop_ends_the_wait_between_attempts(make_watcher: MakeWatcher, cluster: FakeCluster) -> None:
    cluster.scripts["list"].append(status(503, headers={"Retry-After": "60"}))
    watcher = make_watcher()
    watcher.start()
    until(lambda: watcher.status().phase is Phase.RETRYING)
    began = time.monotonic()
    watcher.stop()
    assert time.monotonic() - began < 1


def test_stop_before_start_and_twice_is_harmless(watcher: Watcher) -> None:
    watcher.stop()
    watcher.stop()
    assert watcher.watch_once() == 0.0


@pytest.mark.parametrize("kept", [None, "3"])
def test_what_was_not_taken_is_asked_for_again_at_the_next_start(
    cluster: FakeCluster, store: FakeStore, make_watcher: MakeWatcher, kept: str | None
) -> None:
    cluster.fill(6)
    store.kept = kept
    store.errors = [StoreError("closed in the middle")]
    first = make_watcher()
    first.start()
    until(lambda: first.status().phase is Phase.STOPPED)
    second = make_watcher()
    second.start()
    until(lambda: store.kept == "7")
    assert store.names() == [f"e{n}" for n in range(0 if kept is None else 2, 6)]
