"""An API server that answers what a test tells it to, on a port of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = tuple[int, Any]
Route = Callable[["Asked"], Answer]

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Asked:
    def __init__(self, method: str, path: str, body: Any) -> None:
        self.method = method
        self.path = path
        self.body = body


def allow(verdict: Callable[[str, str], bool]) -> Route:
    """Answers access reviews: `verdict(verb, namespace)`."""

    def answer(asked: Asked) -> Answer:
        attributes = asked.body["spec"]["resourceAttributes"]
        asked_for = attributes["resource"], attributes.get("subresource", "")
        assert asked_for == (("pods", "log") if attributes["verb"] == "get" else ("events", ""))
        return 201, {"status": {"allowed": verdict(attributes["verb"], attributes.get("namespace", ""))}}

    return answer


def event_list(*times: str, more: str = "") -> Answer:
    items = [{"metadata": {"uid": f"u{n}", "creationTimestamp": time}} for n, time in enumerate(times)]
    return 200, {"kind": "EventList", "metadata": {"resourceVersion": "7", "continue": more}, "items": items}


class Cluster:
    """`routes` by path without query; the healthy ones are there already. `skew` seconds are added to its clock."""

    def __init__(self) -> None:
        self.skew = 0.0
        self.asked: list[Asked] = []
        self.routes: dict[str, Route] = {
            "/version": lambda asked: (200, {"gitVersion": "v1.31.0"}),
            REVIEW: allow(lambda verb, namespace: True),
            "/api/v1/events": lambda asked: event_list("2026-11-23T11:00:00Z", "2026-11-23T11:57:00Z"),
        }


@contextmanager
def serving(cluster: Cluster) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            asked = Asked(self.command, self.path.partition("?")[0], body)
            cluster.asked.append(asked)
            route = cluster.routes.get(asked.path, lambda asked: (404, {"message": "not found"}))
            status, content = route(asked)
            payload = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(time.time() + cluster.skew, usegmt=True))
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_kubeconfig(path: Path, server: str, **cluster: Any) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "me", "user": {"token": "a-token"}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "me"}}],
    }
    path.write_text(json.dumps(document))
    return path
