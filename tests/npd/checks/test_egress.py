"""Targets outside of the node: real connections to servers of the tests."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from npd.checks.egress import get, host_and_port
from npd.checks.frame import Host, Outcome
from tests.npd.checks.looking import seen


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def test_a_target_that_is_closed_for_some_looks_is_told_once_and_when_it_is_back() -> None:
    port = closed_port()
    check = seen("egress-tcp", Host(), targets=[f"127.0.0.1:{port}"])

    def looks(count: int) -> None:
        for _ in range(count):
            check.look()

    def listening() -> socket.socket:
        return socket.create_server(("127.0.0.1", port), reuse_port=True)

    with listening():
        looks(2)
    looks(6)
    with listening():
        looks(4)
    assert [(e.severity.value, e.reason, e.message) for e in check.events] == [
        ("Warning", "EgressUnreachable", f"no TCP connection to 127.0.0.1:{port}: Connection refused"),
        ("Normal", "EgressReachable", f"127.0.0.1:{port}: the target is reachable again"),
    ]


def test_one_failed_look_of_five_is_no_event() -> None:
    port = closed_port()
    check = seen("egress-tcp", Host(), targets=[f"127.0.0.1:{port}"])
    for failed in (False, True, False, False, False):
        if failed:
            assert check.look().outcome is Outcome.BAD
        else:
            with socket.create_server(("127.0.0.1", port), reuse_port=True):
                check.look()

    assert check.events == []


def test_a_name_that_cannot_be_resolved() -> None:
    check = seen("egress-dns", Host(), names=["no-such-name.invalid"], bad=1, of=1)
    assert check.look().message.startswith("no-such-name.invalid cannot be resolved: ")
    assert check.told == [("Warning", "DNSUnreachable")]

    assert seen("egress-dns", Host(), names=["localhost"]).look().outcome is Outcome.OK


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.rpartition("/")[2].partition("?")[0]))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def web_server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, "ok"), (301, "ok"), (401, "ok"), (500, "bad"), (503, "bad")]
)
def test_http_targets(status: int, outcome: str) -> None:
    with web_server() as address:
        assert get(f"http://{address}/{status}", 5).outcome.value == outcome


def test_secrets_of_an_address_are_in_no_message_and_no_name() -> None:
    url = "http://user:s3cret@127.0.0.1:{port}/x?token=s3cret"
    check = seen("egress-http", Host(), urls=[url.format(port=closed_port())], bad=1, of=1)
    check.look()

    told = [
        check.name,
        *(event.message for event in check.events),
        *(h.detail for h in check.monitor.health()),
    ]
    assert len(told) == 3 and not any("s3cret" in text for text in told)
    with web_server() as address:
        bad = get(f"http://u:s3cret@{address}/500?token=s3cret", 5)
    assert bad.message == f"GET http://{address}/500: status 500"


def test_what_does_not_speak_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        finding = get(f"http://127.0.0.1:{server.getsockname()[1]}/", 5)
        thread.join()
    assert finding.outcome is Outcome.BAD


@pytest.mark.parametrize(
    ("target", "parts"),
    [("a.b:443", ("a.b", 443)), ("[2001:db8::1]:53", ("2001:db8::1", 53)), ("10.0.0.1:1", ("10.0.0.1", 1))],
)
def test_targets_are_read(target: str, parts: tuple[str, int]) -> None:
    assert host_and_port(target) == parts


@pytest.mark.parametrize("target", ["", "a", "a:", "a:0", "a:70000", ":80", "a:80/x", "2001:db8::1"])
def test_targets_that_are_none(target: str) -> None:
    with pytest.raises(ValueError):
        host_and_port(target)
