"""The first start, and what is asked of the API server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from eventcenter.model import ChangeType, Phase
from eventcenter.watch.watcher import Watcher, stream_name
from tests.watch.conftest import QUICK, FakeStore, MakeWatcher, until
from tests.watch.fake_cluster import FakeCluster, ends_after, event, says


def test_the_first_start_takes_over_what_the_cluster_holds_page_by_page(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.fill(7)
    watcher.start()
    until(lambda: watcher.status().established)
    assert [len(batch.changes) for batch in store.batches] == [3, 3, 1]
    assert store.names() == [f"e{n}" for n in range(7)]
    assert {request.query["limit"] for request in cluster.asked("list")} == {"3"}


def test_only_the_last_page_carries_the_lists_version(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.fill(7)
    watcher.start()
    until(lambda: watcher.status().established)
    assert [batch.position for batch in store.batches] == [None, None, "8"]
    assert cluster.asked("watch")[0].query["resourceVersion"] == "8"


def test_an_empty_cluster_gives_a_position_too(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    watcher.start()
    until(lambda: watcher.status().established)
    assert store.kept == "1"


def test_events_of_a_list_look_like_those_of_a_watch(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.add("a")
    watcher.start()
    until(lambda: store.batches)
    change = store.batches[0].changes[0]
    assert change.type is ChangeType.ADDED
    assert change.raw == cluster.lines[0][1], "the items of a list leave kind and apiVersion out"


def test_the_watch_asks_for_bookmarks_and_a_bounded_time(
    cluster: FakeCluster, make_watcher: MakeWatcher
) -> None:
    make_watcher(tuning=replace(QUICK, watch_at_least=240, watch_at_most=480)).start()
    until(lambda: cluster.asked("watch"))
    query = cluster.asked("watch")[0].query
    assert query["allowWatchBookmarks"] == "true"
    assert 240 <= int(query["timeoutSeconds"]) <= 480


def test_changes_follow_with_the_position_after_them(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    watcher.start()
    until(lambda: watcher.status().established)
    cluster.add("a")
    cluster.add("a", "MODIFIED", count=2)
    cluster.add("a", "DELETED", count=2)
    until(lambda: len(store.names()) == 3)
    changes = [change for batch in store.batches for change in batch.changes]
    assert [change.type for change in changes] == [ChangeType.ADDED, ChangeType.MODIFIED, ChangeType.DELETED]
    assert store.kept == changes[-1].resource_version == "4"


def test_a_known_position_is_watched_from_without_a_list(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.fill(5)
    store.kept = "4"
    watcher.start()
    until(lambda: store.names() == ["e3", "e4"])
    assert cluster.asked("list") == []


def test_a_namespace_is_watched_at_its_own_address(
    cluster: FakeCluster, store: FakeStore, make_watcher: MakeWatcher
) -> None:
    watcher = make_watcher("shop")
    watcher.start()
    until(lambda: watcher.status().established)
    assert {request.path for request in cluster.requests} == {"/api/v1/namespaces/shop/events"}
    assert watcher.status().stream == stream_name("shop") == store.batches[0].stream


def test_a_bookmark_moves_the_position_on(cluster: FakeCluster, store: FakeStore, watcher: Watcher) -> None:
    bookmark = {"type": "BOOKMARK", "object": {"kind": "Event", "metadata": {"resourceVersion": "77"}}}
    cluster.extra_version = 100
    cluster.scripts["watch"].append(says(json.dumps(bookmark).encode() + b"\n"))
    watcher.start()
    until(lambda: store.kept == "77")
    assert store.names() == []


def test_a_storm_comes_in_large_batches_although_each_event_is_a_chunk(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    store.kept = "1"
    store.open.clear()
    cluster.fill(1000)
    watcher.start()
    until(lambda: cluster.sent == 1000)  # now they lie in the socket
    store.open.set()
    until(lambda: len(store.names()) == 1000)
    assert (
        len(store.batches) < 700
    )  # 1000 if each chunk made a batch; 1 to 8 as a rule, more on a busy machine


def test_an_event_is_handed_on_at_once_although_its_chunk_is_large(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    """A read of the next chunk must not block while lines of this one wait."""
    lines = b"".join(
        json.dumps({"type": "ADDED", "object": event(f"x{n}", n + 2, message="m" * 1500)}).encode() + b"\n"
        for n in range(40)
    )
    cluster.extra_version = 100
    store.kept = "1"
    cluster.scripts["watch"].append(says(lines))
    watcher.start()
    until(lambda: len(store.names()) == 40, seconds=0.19)  # before the silence is looked into


def test_a_watch_that_ends_at_its_time_limit_is_opened_again_and_is_no_reconnect(
    cluster: FakeCluster, store: FakeStore, make_watcher: MakeWatcher
) -> None:
    watcher = make_watcher(tuning=replace(QUICK, watch_at_least=1, watch_at_most=1, silence=30))
    cluster.scripts["watch"].append(ends_after())
    watcher.start()
    until(lambda: len(cluster.asked("watch")) >= 2)
    cluster.add("later")
    until(lambda: store.names() == ["later"])
    assert watcher.status().reconnects == 0
    assert watcher.status().error is None


def test_the_status_tells_of_the_newest_change(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    assert watcher.status().phase is Phase.STARTING
    watcher.start()
    until(lambda: watcher.status().established)
    assert watcher.status().last_change is None
    cluster.add("old", lastTimestamp="2020-01-01T00:00:00Z")
    until(lambda: watcher.status().last_change)
    status = watcher.status()
    assert status.phase is Phase.WATCHING
    assert status.connected_since is not None
    assert status.lag_ms is not None and status.lag_ms > 10_000


def test_pages_that_do_not_fit_are_asked_for_smaller(
    cluster: FakeCluster, store: FakeStore, make_watcher: MakeWatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventcenter.watch.listing.PAGE_BYTES", 20_000)
    for name in "abcdef":
        cluster.add(name, message="m" * 5000)
    watcher = make_watcher(tuning=replace(QUICK, page=16))
    watcher.start()
    until(lambda: watcher.status().established)
    assert sorted(store.names()) == list("abcdef")
    assert {request.query["limit"] for request in cluster.asked("list")} == {"16", "2"}
