"""Whatever breaks, the watch goes on by itself, loses nothing and tells why it is waiting."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from eventcenter.model import Phase
from eventcenter.watch.connection import Access, Connection, connect
from eventcenter.watch.watcher import Watcher
from tests.watch.conftest import QUICK, FakeStore, MakeWatcher, until
from tests.watch.fake_cluster import (
    GONE,
    Answer,
    FakeCluster,
    Request,
    cut_after,
    ends_after,
    serving,
    status,
)

RECORDED = Path(__file__).parents[1] / "data" / "captures" / "errors"


def recorded(name: str) -> bytes:
    return (RECORDED / name).read_bytes()


def test_a_cut_in_the_middle_of_a_line_resumes_after_the_last_whole_change(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    store.kept = "1"
    cluster.fill(5)
    cluster.scripts["watch"].append(cut_after(3, cluster.line(3)[:-20]))
    watcher.start()
    until(lambda: len(store.names()) == 5)
    assert store.names() == ["e0", "e1", "e2", "e3", "e4"]
    assert [request.query["resourceVersion"] for request in cluster.asked("watch")] == ["1", "4"]
    assert watcher.status().reconnects == 1
    assert watcher.status().malformed == 0


def test_a_line_that_ends_with_the_connection_is_not_taken(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    store.kept = "1"
    cluster.fill(1)
    cluster.scripts["watch"].append(ends_after(cluster.line(0)[:-1]))  # complete but for the newline
    watcher.start()
    until(lambda: len(cluster.asked("watch")) == 2 and store.names())
    assert store.names() == ["e0"]
    assert cluster.asked("watch")[1].query["resourceVersion"] == "1"


def test_many_cuts_lose_and_repeat_nothing(cluster: FakeCluster, store: FakeStore, watcher: Watcher) -> None:
    cluster.scripts["watch"].extend(cut_after(7) for _ in range(30))
    watcher.start()
    until(lambda: watcher.status().established)
    cluster.fill(300)
    until(lambda: len(store.names()) == 300)
    assert store.names() == [f"e{n}" for n in range(300)]
    assert watcher.status().reconnects == 30


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(status(410, GONE), id="as a status"),
        pytest.param(ends_after(recorded("watch-too-old-410.jsonl")), id="as an ERROR object in a 200"),
        pytest.param(status(400, {"message": "invalid resource version"}), id="position of another cluster"),
    ],
)
def test_410_restarts_the_list(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher, answer: Answer
) -> None:
    store.kept = "1"
    cluster.fill(4)
    cluster.scripts["watch"].append(answer)
    watcher.start()
    until(lambda: store.kept == "5")
    assert store.names() == ["e0", "e1", "e2", "e3"]
    assert store.batches[0].forget_position
    until(lambda: watcher.status().phase is Phase.WATCHING)
    assert watcher.status().relists == 1
    assert watcher.status().error is None


def test_a_position_that_is_refused_again_and_again_is_given_up(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    store.kept = "of-another-cluster"
    cluster.fill(1)
    cluster.scripts["watch"].extend(
        status(500, {"message": "resourceVersion: Invalid value"}) for _ in range(5)
    )
    for _ in range(4):
        watcher.watch_once()
    assert store.batches == []
    watcher.start()
    until(lambda: store.names() == ["e0"])
    assert watcher.status().relists == 1


def test_an_expired_continue_token_restarts_the_list(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.fill(7)
    cluster.scripts["list"].extend(
        [FakeCluster.list, status(410, json.loads(recorded("list-continue-expired-410.json")))]
    )
    watcher.start()
    until(lambda: watcher.status().established)
    assert store.names() == ["e0", "e1", "e2"] + [f"e{n}" for n in range(7)]
    assert watcher.status().relists == 1
    assert "continue" not in cluster.asked("list")[2].query


def test_a_list_that_never_leads_to_a_watch_is_not_repeated_without_a_pause(
    cluster: FakeCluster, watcher: Watcher
) -> None:
    cluster.scripts["watch"].extend(status(410, GONE) for _ in range(3))
    assert watcher.watch_once() == 0.0
    delays = [watcher.watch_once(), watcher.watch_once()]
    assert all(0.0 < delay <= QUICK.backoff_at_most for delay in delays)


def test_a_cut_list_goes_on_with_the_page_it_was_at(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    def broken(cluster: FakeCluster, request: Request) -> None:
        request.open_stream()
        request.cut(b'{"items": [{')

    cluster.fill(7)
    cluster.scripts["list"].extend([FakeCluster.list, broken])
    watcher.start()
    until(lambda: watcher.status().established)
    assert store.names() == [f"e{n}" for n in range(7)]
    assert [request.query.get("continue") for request in cluster.asked("list")] == [None, "3-8", "3-8", "6-8"]


def test_429_waits_as_long_as_retry_after_asks(cluster: FakeCluster, watcher: Watcher) -> None:
    cluster.scripts["list"].append(status(429, headers={"Retry-After": "7"}))
    assert watcher.watch_once() == 7.0
    assert watcher.status().phase is Phase.RETRYING
    retry_at = watcher.status().retry_at
    assert retry_at is not None and 6_000 < retry_at - time.time() * 1000 <= 7_000
    assert "429" in (watcher.status().error or "")


def test_retry_after_may_be_a_date_and_a_wild_one_is_cut(cluster: FakeCluster, watcher: Watcher) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    for value in (soon, "99999999", "soon"):
        cluster.scripts["list"].append(status(503, headers={"Retry-After": value}))
    assert 15 < watcher.watch_once() <= 20
    assert watcher.watch_once() == 300
    assert watcher.watch_once() <= QUICK.backoff_at_most


def test_back_off_grows_with_jitter_and_is_reset_by_success(
    cluster: FakeCluster, make_watcher: MakeWatcher
) -> None:
    watcher = make_watcher(tuning=replace(QUICK, backoff=8.0, backoff_at_most=30.0))
    cluster.scripts["list"].extend(status(500) for _ in range(6))
    delays = [watcher.watch_once() for _ in range(6)]
    assert len(set(delays)) == 6, "no jitter"
    assert delays[0] <= 8 and delays[1] <= 16 and max(delays) <= 30
    cluster.fill(1)
    cluster.scripts["watch"].extend([cut_after(0), status(500)])
    watcher.watch_once()
    assert watcher.watch_once() <= 16


def test_5xx_is_retried_and_shown_until_it_is_over(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    cluster.fill(1)
    cluster.scripts["list"].extend(
        [status(500, {"message": "etcdserver: leader changed"}), status(503, b"<html>no json</html>")]
    )
    watcher.watch_once()
    assert (
        watcher.status().error == "500: the API server refused `list` of `events`: etcdserver: leader changed"
    )
    watcher.watch_once()
    assert "503" in (watcher.status().error or "")
    watcher.start()
    until(lambda: watcher.status().established)
    assert store.names() == ["e0"]
    assert watcher.status().error is None and watcher.status().retry_at is None


def test_an_error_object_that_is_not_410_reopens_from_the_position(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher
) -> None:
    store.kept = "1"
    cluster.fill(3)
    error = json.dumps({"type": "ERROR", "object": {"code": 500, "message": "etcd hiccup"}}).encode() + b"\n"
    cluster.scripts["watch"].append(ends_after(cluster.line(0), error))
    watcher.start()
    until(lambda: len(store.names()) == 3)
    assert store.names() == ["e0", "e1", "e2"]
    assert cluster.asked("list") == []


@pytest.fixture
def restartable() -> Iterator[FakeCluster]:
    yield FakeCluster()


def test_an_api_server_restart_is_survived(
    restartable: FakeCluster, store: FakeStore, make_watcher: MakeWatcher
) -> None:
    def connection() -> Connection:
        return connect(Access(source=f"kubernetes:{restartable.url}?inClusterConfig=false"))

    watcher = make_watcher(connection=connection)
    restartable.fill(2)
    with serving(restartable):
        port = int(restartable.url.rsplit(":", 1)[1])
        watcher.start()
        until(lambda: watcher.status().established)
    until(lambda: "refused" in (watcher.status().error or ""))
    assert watcher.status().phase is Phase.RETRYING
    assert watcher.status().connected_since is None
    restartable.fill(2, "after")
    with serving(restartable, port):
        until(lambda: watcher.status().phase is Phase.WATCHING)
        until(lambda: len(store.names()) == 4)
        assert store.names() == ["e0", "e1", "after0", "after1"]
        assert watcher.status().reconnects == 1
        watcher.stop()


def test_401_reads_the_credentials_again_and_retries_at_once(
    cluster: FakeCluster, store: FakeStore, make_watcher: MakeWatcher, tmp_path: Path
) -> None:
    config = tmp_path / "kubeconfig"

    def write(token: str) -> None:
        config.write_text(
            json.dumps(
                {
                    "clusters": [{"name": "c", "cluster": {"server": cluster.url}}],
                    "users": [{"name": "u", "user": {"token": token}}],
                    "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                    "current-context": "x",
                }
            )
        )

    def rotate(cluster: FakeCluster, request: Request) -> None:
        write("second")
        status(401, json.loads(recorded("list-bad-token-401.json")))(cluster, request)

    write("first")
    store.kept = "1"
    cluster.scripts["watch"].append(rotate)
    cluster.fill(1)
    watcher = make_watcher(connection=lambda: connect(Access(kubeconfig=str(config))))
    assert watcher.watch_once() == 0.0
    watcher.start()
    until(lambda: store.names() == ["e0"])
    assert [request.authorization for request in cluster.asked("watch")] == ["Bearer first", "Bearer second"]


def test_credentials_that_stay_wrong_are_retried_with_a_pause_and_named(
    cluster: FakeCluster, watcher: Watcher
) -> None:
    body = json.loads(recorded("list-bad-token-401.json"))
    cluster.scripts["list"].extend(status(401, body) for _ in range(2))
    assert watcher.watch_once() == 0.0
    assert 0.0 < watcher.watch_once() <= QUICK.forbidden_at_most
    assert "401" in (watcher.status().error or "") and "`list`" in (watcher.status().error or "")


def test_403_names_verb_resource_and_place_and_rights_may_come_later(
    cluster: FakeCluster, store: FakeStore, make_watcher: MakeWatcher
) -> None:
    body = json.loads(recorded("list-anonymous-403.json"))
    cluster.scripts["list"].append(status(403, body))
    cluster.scripts["watch"].append(status(403, {"message": "no"}))
    watcher = make_watcher("shop")
    watcher.watch_once()
    assert watcher.status().error == (
        "403: user system:anonymous may not `list` `events` in namespace shop: "
        "grant list and watch on events, see deploy/"
    )
    watcher.watch_once()
    assert "`watch` `events` in namespace shop" in (watcher.status().error or "")
    watcher.start()
    until(lambda: watcher.status().phase is Phase.WATCHING)
    assert watcher.status().error is None


def test_an_unreachable_server_is_one_clear_line(make_watcher: MakeWatcher) -> None:
    source = "kubernetes:http://127.0.0.1:1?inClusterConfig=false"
    watcher = make_watcher(connection=lambda: connect(Access(source=source)))
    watcher.watch_once()
    assert watcher.status().error == "cannot reach http://127.0.0.1:1: Connection refused"


def test_tls_to_a_plain_server_is_one_clear_line(cluster: FakeCluster, make_watcher: MakeWatcher) -> None:
    source = f"kubernetes:{cluster.url.replace('http', 'https')}?inClusterConfig=false"
    watcher = make_watcher(connection=lambda: connect(Access(source=source)))
    watcher.watch_once()
    error = watcher.status().error or ""
    assert error.startswith("cannot reach https://127.0.0.1:") and "TLS failed" in error


def test_a_bug_in_the_store_does_not_end_the_loop(
    cluster: FakeCluster, store: FakeStore, watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    store.errors.append(ZeroDivisionError("bug"))  # type: ignore[arg-type]
    cluster.fill(1)
    watcher.start()
    until(lambda: store.names() == ["e0"])
    assert "unexpected" in caplog.text or "watch failed" in caplog.text


def test_an_address_that_changed_in_the_kubeconfig_is_found(
    cluster: FakeCluster, make_watcher: MakeWatcher, tmp_path: Path
) -> None:
    config = tmp_path / "kubeconfig"
    document = {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "nobody"}}],
        "current-context": "x",
    }
    config.write_text(json.dumps(document))
    watcher = make_watcher(connection=lambda: connect(Access(kubeconfig=str(config))))
    watcher.start()
    until(lambda: "refused" in (watcher.status().error or ""))
    config.write_text("clusters: [")  # in the middle of being written
    until(lambda: "not valid YAML" in (watcher.status().error or ""))
    config.write_text(json.dumps(document).replace("http://127.0.0.1:1", cluster.url))
    until(lambda: watcher.status().established)
