"""At crash time the last lines are fetched once and kept, whatever the API server answers."""

from __future__ import annotations

import itertools
import logging

import pytest

from eventcenter.containerlogs import KeptLog
from eventcenter.crashlogs import fetching
from eventcenter.store import CrashLogTable
from tests.crashlogs.conftest import Collect, PodServer
from tests.crashlogs.made import LAST_LINES, batch, crash, oom, unhealthy
from tests.store.conftest import Store
from tests.store.made import HOUR, Clock, event
from tests.watch.conftest import until


def kept(store: Store, table: CrashLogTable, number: int = 0) -> KeptLog | None:
    found = [change.event for change in store.reader.changes(0, 1000)]
    seq = max((one.seq for one in found if one.name == f"web-{number}"), default=0)
    return table.of_event(seq)


def wait_until_read(store: Store, table: CrashLogTable, clock: Clock) -> None:
    """Everything that is stored has been looked at; the position is kept every five seconds of the clock."""

    looks = itertools.count()

    def there() -> bool:
        if next(looks) % 50 == 0:  # seldom: a minute of the clock would give the limits time to grow
            clock.now += 6_000
        return (table.position() or 0) >= store.reader.newest_seq()

    until(there)


def began(table: CrashLogTable) -> None:
    until(lambda: table.position() is not None)


def test_crash_loop_leaves_the_end_of_the_previous_run(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect
) -> None:
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = LAST_LINES
    cluster.logs["web-0", "web", False] = b"the run after\n"
    collect()
    began(table)
    store.put(batch(crash()))
    until(lambda: kept(store, table))
    found = kept(store, table)
    assert found is not None
    assert found.text == "starting\nlost the database"
    assert (found.container, found.previous, found.run, found.truncated) == (
        "web",
        True,
        "1",
        False,
    )


def test_first_run_that_died_is_the_current_one(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect
) -> None:
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", False] = LAST_LINES
    collect()
    began(table)
    store.put(batch(oom()))
    until(lambda: kept(store, table))
    assert [request.query["previous"] for request in cluster.asked_logs()] == ["true", "false"]


def test_failed_probe_leaves_the_log_of_the_run_that_is_there(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect
) -> None:
    cluster.has_pod("web-0")
    (status,) = cluster.pods["web-0"]["status"]["containerStatuses"]
    status |= {"state": {"running": {"startedAt": "2026-11-23T12:00:00Z"}}, "containerID": "containerd://2"}
    cluster.logs["web-0", "web", True] = b"long ago\n"
    cluster.logs["web-0", "web", False] = b"deadlock\n"
    collect()
    began(table)
    store.put(batch(unhealthy()))
    until(lambda: kept(store, table))
    found = kept(store, table)
    assert found is not None and found.text == "deadlock" and not found.previous


def test_one_run_is_fetched_once_and_the_next_run_again(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect, clock: Clock
) -> None:
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = b"first\n"
    collect()
    began(table)
    for count in range(1, 4):
        store.put(batch(crash(count=count, last_time=clock.now), version=count))
        wait_until_read(store, table, clock)
        clock.now += 60_000
    assert len(cluster.asked_logs()) == 1
    cluster.has_pod("web-0", run="containerd://2")
    cluster.logs["web-0", "web", True] = b"second\n"
    store.put(batch(crash(count=4, last_time=clock.now), version=4))
    wait_until_read(store, table, clock)
    found = kept(store, table)
    assert found is not None and found.text == "second"


def test_oom_kill_and_the_crash_loop_after_it_share_one_log(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect, clock: Clock
) -> None:
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = LAST_LINES
    collect()
    began(table)
    store.put(batch(crash(), oom(0, uid="oom:1"), oom(0, uid="oom:before-that")))
    wait_until_read(store, table, clock)
    by_uid = {change.event.uid: table.of_event(change.event.seq) for change in store.reader.changes(0, 10)}
    first = by_uid[crash().uid]
    assert first is not None and by_uid["oom:1"] == first
    assert by_uid["oom:before-that"] is None, "no other run's log stands in for one that is gone"
    assert len(cluster.asked_logs()) == 1


def test_other_events_and_old_ones_ask_for_nothing(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect, clock: Clock
) -> None:
    collect()
    began(table)
    store.put(
        batch(event(1), crash(2, last_time=clock.now - HOUR), event(3, kind="Node", reason="SystemOOM"))
    )
    wait_until_read(store, table, clock)
    assert cluster.requests == []


def test_missing_right_is_said_once_and_the_rest_goes_on(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect, clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    for number in range(3):
        cluster.has_pod(f"web-{number}")
    cluster.log_status = 403
    with caplog.at_level(logging.INFO):
        collect()
        began(table)
        store.put(batch(crash(0), crash(1, namespace="bank"), crash(2)))
        wait_until_read(store, table, clock)
    said = [record.message for record in caplog.records if "pods/log" in record.message]
    assert len(said) == 1 and "the right to get pods/log is missing" in said[0]
    assert len(cluster.asked_logs()) == 2, "the namespace is left alone after its first refusal"


def test_pod_that_is_gone_or_another_leaves_nothing(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect, clock: Clock
) -> None:
    cluster.has_pod("web-1", metadata={"uid": "another"})
    cluster.logs["web-1", "web", True] = LAST_LINES
    collect()
    began(table)
    store.put(batch(crash(0), crash(1)))
    wait_until_read(store, table, clock)
    assert (kept(store, table, 0), kept(store, table, 1)) == (None, None)


def test_without_the_right_to_list_pods_the_log_is_kept_all_the_same(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect
) -> None:
    cluster.has_pod("web-0")
    cluster.pods_status = 403
    cluster.logs["web-0", "web", True] = LAST_LINES
    collect()
    began(table)
    store.put(batch(crash()))
    until(lambda: kept(store, table))


@pytest.mark.parametrize("status", [401, 429, 503])
def test_api_server_that_is_away_is_asked_again(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect, status: int
) -> None:
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = LAST_LINES
    cluster.log_status = status
    collect()
    began(table)
    store.put(batch(crash()))
    until(lambda: len(cluster.asked_logs()) > 2)
    assert kept(store, table) is None
    cluster.log_status = 0
    until(lambda: kept(store, table))


def test_node_that_is_away_holds_up_nobody(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect
) -> None:
    for number in range(2):
        cluster.has_pod(f"web-{number}", run=f"containerd://{number}")
    cluster.logs["web-0", "web", True] = 500  # the API server does not reach the kubelet
    cluster.logs["web-1", "web", True] = LAST_LINES
    collect()
    began(table)
    store.put(batch(crash(0), crash(1)))
    until(lambda: kept(store, table, 1))
    assert kept(store, table, 0) is None


def test_storm_is_limited_in_all_and_for_each_workload(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect, clock: Clock
) -> None:
    events = []
    for number in range(60):
        pod = f"{'cart' if number < 30 else f'other{number}'}-{number}"
        cluster.has_pod(pod, run=f"containerd://{number}")
        cluster.logs[pod, "web", True] = LAST_LINES
        events.append(crash(number, name=pod))
    collect(a_minute=20)
    began(table)
    store.put(batch(*events))
    until(lambda: len(cluster.asked_logs()) == 20)
    asked = [request.path.split("/")[-2] for request in cluster.asked_logs()]
    assert sum(name.startswith("cart-") for name in asked) == 5
    wait_until_read(store, table, clock)
    assert len(cluster.asked_logs()) == 20


def test_end_of_long_lines_is_kept_and_not_their_beginning(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect
) -> None:
    cluster.has_pod("web-0")
    line = b"x" * 9_000 + b"\n"
    cluster.logs["web-0", "web", True] = line * 300 + b"the very last\n"
    collect()
    began(table)
    store.put(batch(crash()))
    until(lambda: kept(store, table))
    found = kept(store, table)
    assert found is not None and found.text.endswith("the very last") and found.truncated
    assert len(found.text) <= fetching.MAX_BYTES


def test_what_is_kept_has_no_credentials(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect
) -> None:
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = b"connecting to postgres://app:hunter2@db/shop\n\xff\x00done\n"
    collect()
    began(table)
    store.put(batch(crash()))
    until(lambda: kept(store, table))
    found = kept(store, table)
    assert found is not None and "hunter2" not in found.text and "postgres://app:***@db/shop" in found.text
    assert b"hunter2" not in store.path.read_bytes()


def test_restart_goes_on_where_it_was(
    cluster: PodServer, store: Store, table: CrashLogTable, collect: Collect, clock: Clock
) -> None:
    collect().stop()
    began(table)
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = LAST_LINES
    store.put(batch(crash()))
    collect()
    until(lambda: kept(store, table))
