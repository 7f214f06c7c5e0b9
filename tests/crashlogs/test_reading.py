"""The log that people see: the snapshot, or live, and one clear line where there is neither."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from eventcenter.containerlogs import KeptLog, LogQuestion
from eventcenter.crashlogs.desk import AT_ONCE, Desk
from eventcenter.crashlogs.redacting import Redactor
from eventcenter.errors import ClusterError, Forbidden, NotFoundError
from eventcenter.model import Event
from eventcenter.store import CrashLogTable
from eventcenter.watch.connection import Access, Connection, connect
from tests.crashlogs.conftest import PodServer
from tests.crashlogs.made import LAST_LINES, batch, crash
from tests.store.conftest import Store
from tests.store.made import NOON, Clock, event

LIVE = LogQuestion(live=True)


@pytest.fixture
def desk(table: CrashLogTable, connection: Callable[[], Connection], clock: Clock) -> Desk:
    return Desk(table, connection, Redactor(), clock, 200)


def stored(store: Store, made: Event) -> Event:
    store.put(batch(made))
    return store.reader.event(made.uid).event


def keep(table: CrashLogTable, told: Event) -> None:
    kept = KeptLog(container="web", run="", previous=True, time=NOON, text="kept", truncated=True)
    table.keep(told.seq, kept)


def test_snapshot_comes_first_and_live_when_asked_for(
    cluster: PodServer, store: Store, table: CrashLogTable, desk: Desk
) -> None:
    told = stored(store, crash())
    keep(table, told)
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = b"token=abc\nlive\n"
    first = desk.log(told, LogQuestion())
    assert (first.source, first.text, first.truncated, first.time) == ("snapshot", "kept", True, NOON)
    live = desk.log(told, LIVE)
    assert (live.source, live.text, live.container, live.previous) == ("live", "token=***\nlive", "web", True)
    other = desk.log(told, LogQuestion(previous=False))
    assert other.source == "live" and other.reason and not other.text
    assert desk.log(told, LogQuestion(live=True, lines=1)).text == "live"


def test_snapshot_is_shortened_when_fewer_lines_are_asked_for(
    store: Store, table: CrashLogTable, desk: Desk
) -> None:
    told = stored(store, crash())
    text = "\n".join(f"line {number}" for number in range(5))
    table.keep(
        told.seq, KeptLog(container="web", run="", previous=True, time=NOON, text=text, truncated=False)
    )
    found = desk.log(told, LogQuestion(lines=2))
    assert (found.text, found.truncated) == ("line 3\nline 4", True)
    assert not desk.log(told, LogQuestion(lines=5)).truncated


def test_a_slow_cluster_takes_only_some_threads(
    store: Store, table: CrashLogTable, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventcenter.crashlogs.desk.WAIT_S", 0.01)
    told, release, inside = stored(store, crash()), threading.Event(), threading.Semaphore(0)

    def slow() -> Connection:
        inside.release()
        release.wait(20)
        raise ClusterError("too late")

    def look() -> None:
        with pytest.raises(ClusterError, match="too late"):
            desk.log(told, LIVE)

    desk = Desk(table, slow, Redactor(), clock, 200)
    lookers = [threading.Thread(target=look) for _ in range(AT_ONCE)]
    for looker in lookers:
        looker.start()
        assert inside.acquire(timeout=10)
    with pytest.raises(ClusterError, match="as many as may be at once"):
        desk.log(told, LIVE)
    release.set()
    for looker in lookers:
        looker.join(10)


def test_pod_that_is_gone_has_its_snapshot(
    cluster: PodServer, store: Store, table: CrashLogTable, desk: Desk
) -> None:
    told = stored(store, crash())
    with pytest.raises(NotFoundError, match="the Pod shop/web-0 is gone"):
        desk.log(told, LogQuestion())
    keep(table, told)
    assert desk.log(told, LogQuestion()).text == "kept"


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (403, Forbidden, "the right to get pods/log is missing"),
        (404, NotFoundError, "is gone"),
        (500, ClusterError, "500"),
        (503, ClusterError, "503"),
        (401, Forbidden, "credentials"),
    ],
)
def test_refusals_are_one_clear_line(
    cluster: PodServer, store: Store, desk: Desk, status: int, error: type[Exception], said: str
) -> None:
    cluster.has_pod("web-0")
    cluster.log_status = status
    with pytest.raises(error, match=said) as raised:
        desk.log(stored(store, crash()), LIVE)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "the container has written nothing"),
        (400, "previous terminated container"),
        (b"unable to retrieve container logs for containerd://1", "the node has removed the log"),
    ],
)
def test_why_there_is_nothing_is_said(
    cluster: PodServer, store: Store, desk: Desk, answer: Any, reason: str
) -> None:
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = answer
    found = desk.log(stored(store, crash()), LogQuestion(live=True, previous=True))
    assert found.text == "" and reason in found.reason


def test_only_pods_have_logs(store: Store, desk: Desk) -> None:
    with pytest.raises(NotFoundError, match="about a Node"):
        desk.log(stored(store, event(kind="Node")), LogQuestion())
    with pytest.raises(NotFoundError, match="no log was kept"):
        desk.log(stored(store, crash(1)), LogQuestion(live=False))


def test_server_that_is_not_there_is_said(store: Store, table: CrashLogTable, clock: Clock) -> None:
    away = Desk(
        table,
        lambda: connect(Access(source="kubernetes:http://127.0.0.1:1?inClusterConfig=false")),
        Redactor(),
        clock,
        200,
    )
    with pytest.raises(ClusterError, match="cannot reach"):
        away.log(stored(store, crash()), LIVE)


def test_names_of_an_event_stay_inside_their_place_in_the_address(
    cluster: PodServer, store: Store, desk: Desk
) -> None:
    told = stored(store, crash(namespace="../../x?y", name="a/../b", object_uid=""))
    cluster.pods_status = 403
    with pytest.raises(NotFoundError):
        desk.log(told, LIVE)
    assert [one.path for one in cluster.requests] == [
        "/api/v1/namespaces/..%2F..%2Fx%3Fy/pods",
        "/api/v1/namespaces/..%2F..%2Fx%3Fy/pods/a%2F..%2Fb/log",
    ]


def test_last_lines_are_those_of_the_settings(
    cluster: PodServer, store: Store, table: CrashLogTable, connection: Any, clock: Clock
) -> None:
    cluster.has_pod("web-0")
    cluster.logs["web-0", "web", True] = LAST_LINES
    found = Desk(table, connection, Redactor(), clock, 1).log(stored(store, crash()), LIVE)
    assert (found.text, found.truncated) == ("lost the database", True)
