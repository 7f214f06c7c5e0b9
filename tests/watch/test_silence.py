"""A silent watch: an idle cluster, a dead connection, or a position the cluster has never reached."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from eventcenter.model import Phase
from eventcenter.watch.silence import Patience
from eventcenter.watch.watcher import Watcher
from tests.watch.conftest import QUICK, FakeStore, MakeWatcher, until
from tests.watch.fake_cluster import FakeCluster, Request, silent, status


def test_an_idle_cluster_keeps_its_connection(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    watcher.start()
    until(lambda: len(cluster.asked("probe")) >= 3)
    assert len(cluster.asked("watch")) == 1
    cluster.add("at last")
    until(lambda: store.names() == ["at last"])
    assert watcher.status().reconnects == 0


def test_probes_become_rarer_while_they_find_nothing() -> None:
    patience = Patience(10, 60)
    seen = []
    for _ in range(5):
        seen.append(patience.seconds)
        patience.grow()
    assert seen == [10, 20, 40, 60, 60]
    patience.reset()
    assert patience.seconds == 10


def test_a_half_dead_connection_is_found_and_replaced(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.scripts["watch"].append(silent)
    watcher.start()
    until(lambda: watcher.status().established)
    began = time.monotonic()
    cluster.fill(3)
    until(lambda: len(store.names()) == 3)
    assert time.monotonic() - began < QUICK.silence + 2
    assert store.names() == ["e0", "e1", "e2"]
    assert watcher.status().reconnects == 1


def test_a_stall_in_the_middle_of_a_line_is_found(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    def stall(cluster: FakeCluster, request: Request) -> None:
        cluster.watch(request, 2)
        request.handler.wfile.write(b"500\r\n" + cluster.line(2)[:50])
        cluster.hang(request)

    store.kept = "1"
    cluster.fill(5)
    cluster.scripts["watch"].append(stall)
    watcher.start()
    until(lambda: len(store.names()) == 5)
    assert store.names() == [f"e{n}" for n in range(5)]
    assert watcher.status().reconnects == 1


def test_changes_of_other_resources_reopen_the_watch_but_are_no_reconnect(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    watcher.start()
    until(lambda: watcher.status().established)
    connected = watcher.status().connected_since
    cluster.extra_version = 5
    until(lambda: len(cluster.asked("watch")) >= 3)
    status_now = watcher.status()
    assert status_now.phase is Phase.WATCHING
    assert (status_now.reconnects, status_now.relists) == (0, 0)
    assert status_now.connected_since == connected
    assert {request.query["resourceVersion"] for request in cluster.asked("watch")} == {"1"}


def test_an_event_after_a_fruitless_reopening_is_no_stall(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    watcher.start()
    until(lambda: watcher.status().established)
    cluster.extra_version = 1
    until(lambda: len(cluster.asked("watch")) == 2)
    with cluster.changed:
        cluster.lines.append(("MODIFIED", {}))  # the other resource's change takes this version
        cluster.lines.clear()
    late = {"metadata": {"uid": "late", "resourceVersion": "50"}}
    cluster.lines.extend([("ADDED", late)])
    with cluster.changed:
        cluster.changed.notify_all()
    until(lambda: store.names() == ["late"])
    assert watcher.status().reconnects == 0


def test_a_position_from_the_future_is_found_before_the_watch_is_opened(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.fill(2)
    store.kept = "1000"
    watcher.start()
    until(lambda: store.kept == "3")
    assert store.names() == ["e0", "e1"]
    assert store.batches[0].forget_position
    assert watcher.status().relists == 1


def test_an_etcd_restored_under_an_open_watch_is_listed_again(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.fill(9)
    watcher.start()
    until(lambda: store.kept == "10")
    until(lambda: watcher.status().established)
    cluster.lines[:] = cluster.lines[:4]
    until(lambda: store.kept == "5")
    cluster.add("after the restore")
    until(lambda: store.names()[-1] == "after the restore")
    assert watcher.status().relists == 1


def test_versions_that_are_no_numbers_are_only_compared_for_equality(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    def opaque(cluster: FakeCluster, request: Request) -> None:
        request.answer(200, {"metadata": {"resourceVersion": "a-3"}, "items": []})

    cluster.scripts["list"].append(opaque)
    cluster.scripts["probe"].extend([opaque, status(500)])
    cluster.scripts["watch"].extend([silent, silent])
    watcher.start()
    until(lambda: len(cluster.asked("probe")) >= 2)
    assert watcher.status().relists == 0


def test_a_server_that_answers_no_probe_is_reconnected_to_with_the_reason_shown(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.scripts["watch"].append(silent)
    cluster.scripts["probe"].append(status(500, {"message": "etcd is down"}))
    watcher.start()
    until(lambda: len(cluster.asked("watch")) == 2)
    assert "etcd is down" in caplog.text
    cluster.add("back")
    until(lambda: store.names() == ["back"])
    assert watcher.status().reconnects == 1


def test_a_throttled_probe_says_nothing_about_the_watch(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.scripts["probe"].extend(status(429) for _ in range(2))
    watcher.start()
    until(lambda: len(cluster.asked("probe")) >= 3)
    assert len(cluster.asked("watch")) == 1


def test_a_slow_store_is_not_taken_for_a_silent_cluster(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    watcher.start()
    until(lambda: watcher.status().established)
    store.open.clear()
    cluster.add("a")
    time.sleep(QUICK.silence * 4)  # the absence of a probe is what is tested
    probes = len(cluster.asked("probe"))
    store.open.set()
    until(lambda: store.names() == ["a"])
    assert probes <= 1 and len(cluster.asked("watch")) == 1


def test_a_watch_that_outlives_its_time_limit_is_ended(
    cluster: FakeCluster, store: FakeStore, make_watcher: MakeWatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventcenter.watch.session.GRACE", 0.1)
    cluster.scripts["watch"].append(silent)
    watcher = make_watcher(tuning=replace(QUICK, watch_at_least=1, watch_at_most=1, silence=30))
    watcher.start()
    until(lambda: len(cluster.asked("watch")) >= 2)
    assert watcher.status().reconnects == 0
