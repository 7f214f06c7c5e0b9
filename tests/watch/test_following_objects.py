"""Following Nodes or Pods: pages, bookmarks, a position that is gone, lines that are no objects, and a refusal."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3

from eventcenter.watch import following
from eventcenter.watch.connection import Connection
from eventcenter.watch.following import Following


def pod(name: str, version: int = 1) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


def line(kind: str, item: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


class Cluster:
    """Serves `pages` to each list, and to each watch the next of `watches`; then watches that stay silent."""

    def __init__(self) -> None:
        self.pages: list[list[dict[str, Any]]] = [[]]
        self.watches: list[list[bytes]] = []
        self.status = 200
        self.asked: list[dict[str, str]] = []
        self.lists = 0
        self.over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
                outer.asked.append(query)
                if outer.status != 200:
                    message = {"kind": "Status", "message": 'User "x" cannot list', "code": outer.status}
                    return self.answer(json.dumps(message).encode(), outer.status)
                if query.get("watch"):
                    return self.stream()
                number = int(query.get("continue", "0"))
                outer.lists += number == 0
                more = str(number + 1) if number + 1 < len(outer.pages) else ""
                metadata = {"resourceVersion": "10", "continue": more}
                self.answer(json.dumps({"metadata": metadata, "items": outer.pages[number]}).encode())

            def stream(self) -> None:
                lines = outer.watches.pop(0) if outer.watches else None
                self.send_response(200)
                self.send_header("Connection", "close")
                self.end_headers()
                for part in lines or ():
                    self.wfile.write(part)
                    self.wfile.flush()
                if lines is None:
                    outer.over.wait(20)
                self.close_connection = True

            def answer(self, body: bytes, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


class Trial:
    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.seen: list[str] = []
        self.following = Following(
            lambda: Connection(urllib3.PoolManager(), cluster.url, lambda: "", "test"),
            "/api/v1/pods",
            "pods",
            self.take,
            lambda: self.seen.append("begin"),
            lambda: self.seen.append("end"),
        )

    def take(self, item: bytes, deleted: bool) -> None:
        name = json.loads(item)["metadata"]["name"]
        self.seen.append(f"-{name}" if deleted else name)

    def until(self, look: Callable[[], Any]) -> None:
        deadline = time.monotonic() + 15
        while not look():
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.01)


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    monkeypatch.setattr(following, "FORBIDDEN_RETRY", 0.05)
    trial = Trial(Cluster())
    yield trial
    trial.following.stop()
    trial.cluster.over.set()
    trial.cluster.http.shutdown()
    trial.cluster.http.server_close()


def test_all_pages_and_then_changes_from_there_on(trial: Trial) -> None:
    trial.cluster.pages = [[pod("a"), pod("b")], [pod("c")]]
    trial.cluster.watches = [[line("ADDED", pod("d", 11)), line("DELETED", pod("a", 12))]]
    trial.following.start()
    trial.until(lambda: len(trial.cluster.asked) >= 4)
    assert trial.seen == ["begin", "a", "b", "c", "end", "d", "-a"]
    assert [one.get("resourceVersion") for one in trial.cluster.asked[2:4]] == ["10", "12"]


def test_a_bookmark_moves_the_position_and_is_no_object(trial: Trial) -> None:
    trial.cluster.watches = [[line("BOOKMARK", {"metadata": {"resourceVersion": "77"}})]]
    trial.following.start()
    trial.until(lambda: len(trial.cluster.asked) >= 3)
    assert trial.seen == ["begin", "end"] and trial.cluster.asked[2]["resourceVersion"] == "77"


def test_a_position_that_is_gone_is_listed_again(trial: Trial) -> None:
    gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    trial.cluster.pages = [[pod("a")]]
    trial.cluster.watches = [[line("ERROR", gone)]]
    trial.following.start()
    trial.until(lambda: trial.cluster.lists == 2 and trial.seen[-1] == "end")
    assert trial.seen == ["begin", "a", "end", "begin", "a", "end"]


def test_lines_that_are_no_objects_do_not_stop_it(trial: Trial) -> None:
    trial.cluster.watches = [[b"{garbage\n", b'{"type": "ADDED"}\n', line("ADDED", pod("good", 12))]]
    trial.following.start()
    trial.until(lambda: "good" in trial.seen)
    assert trial.cluster.lists == 1


def test_a_refusal_is_said_once_and_asked_again(trial: Trial, caplog: pytest.LogCaptureFixture) -> None:
    trial.cluster.status = 403
    trial.following.start()
    trial.until(lambda: len(trial.cluster.asked) >= 4)
    said = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(said) == 1 and "list and watch on pods" in said[0]
    trial.cluster.pages, trial.cluster.status = [[pod("a")]], 200
    trial.until(lambda: trial.following.established.is_set())
    assert "a" in trial.seen


def test_it_stops_at_once_in_a_silent_watch(trial: Trial) -> None:
    trial.following.start()
    trial.until(lambda: len(trial.cluster.asked) >= 2)
    began = time.monotonic()
    trial.following.stop()
    assert time.monotonic() - began < 1.5
