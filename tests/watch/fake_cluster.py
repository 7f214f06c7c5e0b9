"""An API server in this process that serves events by list and watch, and misbehaves as a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

GONE = {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410, "message": "too old"}


def event(name: str, version: int, count: int = 1, **fields: Any) -> dict[str, Any]:
    stamp = "2026-11-23T06:00:00Z"
    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": f"uid-{name}",
        "resourceVersion": str(version),
        "creationTimestamp": stamp,
    }
    about = {"kind": "Pod", "namespace": "shop", "name": "cart-1", "uid": "pod-1", "apiVersion": "v1"}
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": metadata,
        "involvedObject": about,
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": count,
        "type": "Warning",
    } | fields


class Request:
    """One request, with what an answering function needs to misbehave."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        self.path = url.path
        self.query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.authorization = handler.headers.get("Authorization", "")
        self.handler = handler

    @property
    def kind(self) -> str:
        if self.query.get("watch") == "1":
            return "watch"
        return "probe" if self.query.get("limit") == "1" else "list"

    def answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.handler.send_response(status)
        for name, value in ({"Content-Type": "application/json"} | (headers or {})).items():
            self.handler.send_header(name, value)
        self.handler.send_header("Content-Length", str(len(data)))
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def open_stream(self) -> None:
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "application/json")
        self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()

    def chunk(self, data: bytes) -> None:
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def end_stream(self) -> None:
        self.handler.wfile.write(b"0\r\n\r\n")

    def cut(self, data: bytes = b"") -> None:
        """Close in the middle of a chunk, after `data` of it."""
        self.handler.wfile.write(b"%x\r\n%s" % (len(data) + 10, data))
        self.handler.close_connection = True


Answer = Callable[["FakeCluster", Request], None]


class FakeCluster:
    """What the cluster holds (`lines`, one a version from 2 on) and how it answers.

    `scripts[kind]` (kind: list, watch, probe) holds the answers of the next requests; without one it behaves.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []
        self.scripts: dict[str, deque[Answer]] = {"list": deque(), "watch": deque(), "probe": deque()}
        self.requests: list[Request] = []
        self.extra_version = 0
        """How many changes of other resources there were: they make the list's version newer."""
        self.sent = 0
        """How many lines the newest watch has sent, read or not."""
        self.changed = threading.Condition()
        self.closing = False
        self.url = ""

    def add(self, name: str, kind: str = "ADDED", **fields: Any) -> None:
        with self.changed:
            self.lines.append((kind, event(name, len(self.lines) + 2, **fields)))
            self.changed.notify_all()

    def fill(self, number: int, prefix: str = "e") -> None:
        for index in range(number):
            self.add(f"{prefix}{index}")

    @property
    def version(self) -> int:
        return len(self.lines) + 1 + self.extra_version

    def asked(self, kind: str) -> list[Request]:
        return [request for request in list(self.requests) if request.kind == kind]

    def held(self) -> dict[str, dict[str, Any]]:
        newest: dict[str, dict[str, Any]] = {}
        for kind, obj in self.lines:
            newest.pop(obj["metadata"]["uid"], None)
            if kind != "DELETED":
                newest[obj["metadata"]["uid"]] = obj
        return newest

    def line(self, index: int) -> bytes:
        kind, obj = self.lines[index]
        return json.dumps({"type": kind, "object": obj}).encode() + b"\n"

    def serve(self, request: Request) -> None:
        self.requests.append(request)
        script = self.scripts[request.kind]
        if script:
            script.popleft()(self, request)
        elif request.kind == "watch":
            self.watch(request)
        else:
            self.list(request)

    def list(self, request: Request) -> None:
        start, version = map(int, request.query.get("continue", f"0-{self.version}").split("-"))
        limit = int(request.query["limit"])
        objects = list(self.held().values())
        metadata = {"resourceVersion": str(version)}
        if start + limit < len(objects):
            metadata["continue"] = f"{start + limit}-{version}"
        items = [{k: v for k, v in obj.items() if k not in ("kind", "apiVersion")} for obj in objects]
        page = items[start : start + limit]
        request.answer(200, {"kind": "EventList", "apiVersion": "v1", "metadata": metadata, "items": page})

    def watch(self, request: Request, changes: int | None = None) -> int:
        """Serve a watch to its time limit, or until `changes` were sent; the number of changes sent."""
        if request.handler.wfile.closed:
            return 0
        request.open_stream()
        at = first = max(0, int(request.query["resourceVersion"]) - 1)
        end = time.monotonic() + float(request.query["timeoutSeconds"])
        while not self.closing and time.monotonic() < end:
            with self.changed:
                if len(self.lines) <= at:
                    self.changed.wait(timeout=0.05)
            while at < len(self.lines) and (changes is None or at - first < changes):
                request.chunk(self.line(at))
                at += 1
                self.sent = at
            if changes is not None and at - first >= changes:
                return at - first
        request.end_stream()
        return at - first

    def hang(self, request: Request) -> None:
        """Keep the connection open, saying nothing, until the test is over."""
        with self.changed:
            self.changed.wait_for(lambda: self.closing, timeout=60)
        request.handler.close_connection = True


def status(code: int, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """An answer that refuses."""
    return lambda cluster, request: request.answer(code, body or {"message": f"status {code}"}, headers)


def says(*chunks: bytes) -> Answer:
    """A watch that sends these chunks and then behaves as silent until it ends."""

    def answer(cluster: FakeCluster, request: Request) -> None:
        request.open_stream()
        for chunk in chunks:
            request.chunk(chunk)
        cluster.hang(request)

    return answer


def ends_after(*chunks: bytes) -> Answer:
    """A watch that sends these chunks and ends properly."""

    def answer(cluster: FakeCluster, request: Request) -> None:
        request.open_stream()
        for chunk in chunks:
            request.chunk(chunk)
        request.end_stream()

    return answer


def cut_after(changes: int, partial: bytes = b'{"type":"ADD') -> Answer:
    """A watch that breaks in the middle of a line after this many changes."""

    def answer(cluster: FakeCluster, request: Request) -> None:
        if cluster.watch(request, changes) == changes:
            request.cut(partial)

    return answer


def silent(cluster: FakeCluster, request: Request) -> None:
    """A watch that answers 200 and then nothing, whatever happens: a half-dead connection."""
    request.open_stream()
    cluster.hang(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined by server_close, so that none outlives its test
    request_queue_size = 32

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client hung up: what most of these tests are about."""


@contextmanager
def serving(cluster: FakeCluster, port: int = 0) -> Iterator[FakeCluster]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            cluster.serve(Request(self))
            self.close_connection = self.close_connection or cluster.closing

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()

    cluster.closing = False
    server = _Server(("127.0.0.1", port), Handler)
    cluster.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield cluster
    finally:
        with cluster.changed:
            cluster.closing = True
            cluster.changed.notify_all()
        server.shutdown()
        thread.join()
        server.server_close()
