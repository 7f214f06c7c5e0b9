"""The client on a real socket: what is sent, and what it makes of a server in trouble."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from npd.report.access import AccessProblem, find_access
from npd.report.api import ApiClient, Unreachable


class Server:
    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b'{"kind": "Node"}'
        self.close_after_answer = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                outer.requests.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)
                self.close_connection = outer.close_after_answer

            do_GET = do_POST = do_PATCH = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.http.shutdown()
    server.http.server_close()


def kubeconfig(directory: Path, url: str, **user: str) -> Path:
    file = directory / "kubeconfig"
    document = {
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user}],
    }
    file.write_text(json.dumps(document))
    return file


@pytest.fixture
def client(server: Server, tmp_path: Path) -> Iterator[ApiClient]:
    (tmp_path / "token").write_text("first\n")
    client = ApiClient(find_access(str(kubeconfig(tmp_path, server.url, tokenFile="token"))), timeout=5)
    yield client
    client.close()


def test_a_rotated_token_is_used_from_the_next_request_on(
    client: ApiClient, server: Server, tmp_path: Path
) -> None:
    client.request("GET", "/api/v1/nodes/n")
    (tmp_path / "token").write_text("second")
    client.request("PATCH", "/api/v1/nodes/n", {"a": 1}, "application/merge-patch+json")
    assert [headers["Authorization"] for _, _, headers, _ in server.requests] == [
        "Bearer first",
        "Bearer second",
    ]
    method, path, headers, body = server.requests[1]
    assert (method, path, json.loads(body)) == ("PATCH", "/api/v1/nodes/n", {"a": 1})
    assert headers["Content-Type"] == "application/merge-patch+json"


def test_a_connection_that_the_server_closed_is_opened_anew(client: ApiClient, server: Server) -> None:
    server.close_after_answer = True
    for _ in range(3):
        assert client.request("GET", "/").ok
    assert len(server.requests) == 3


def test_refusals_and_their_reasons(client: ApiClient, server: Server) -> None:
    server.status, server.headers = 429, {"Retry-After": "7"}
    server.body = b'{"message": "too many\\nrequests"}'
    answer = client.request("GET", "/")
    assert (answer.status, answer.ok, answer.retry_after, answer.message) == (
        429,
        False,
        7.0,
        "too many requests",
    )
    server.body = b"<html>a proxy</html>"
    assert client.request("GET", "/").json is None


def test_nobody_there_is_one_line_without_the_token(tmp_path: Path) -> None:
    access = find_access(str(kubeconfig(tmp_path, "http://127.0.0.1:1", token="SECRET")))
    with pytest.raises(Unreachable) as failed:
        ApiClient(access).request("GET", "/")
    assert str(failed.value).startswith("cannot reach http://127.0.0.1:1: ")
    assert "SECRET" not in str(failed.value) and "\n" not in str(failed.value)


def test_the_service_account_is_found_in_a_pod(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from the Pod")
    env = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    access = find_access(env=env, account=tmp_path)
    assert (access.server, access.token()) == ("https://[fd00::1]:443", "from the Pod")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "has no current-context"),
        ([], "is no kubeconfig"),
        ({"current-context": "x", "contexts": [{"name": "x", "context": {}}]}, "is no address"),
    ],
)
def test_a_kubeconfig_that_is_wrong_is_one_line(tmp_path: Path, document: object, said: str) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(document))
    with pytest.raises(AccessProblem, match=said):
        find_access(str(file))


def test_without_any_way_in_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AccessProblem, match="--kubeconfig"):
        find_access(env={}, account=tmp_path)
