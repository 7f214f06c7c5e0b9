"""A client that leaves takes its query with it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from eventcenter.errors import QueryCancelled
from eventcenter.model import Answer, Question
from tests.web.conftest import Site
from tests.web.fake_center import FakeCenter


def test_a_client_that_leaves_cancels_its_query(center: FakeCenter, served: Site) -> None:
    begun, ended = threading.Event(), threading.Event()

    def answer(question: Question, cancelled: Callable[[], bool]) -> Answer:
        begun.set()
        waiting = threading.Event()
        for _ in range(500):
            if cancelled():
                ended.set()
                raise QueryCancelled("gone")
            waiting.wait(0.02)
        raise AssertionError("nobody told that the client has left")

    center.reader.answer = answer  # type: ignore[method-assign,assignment]
    body = json.dumps({"query": "*"}).encode()
    at = urlsplit(served.url)
    with socket.create_connection((at.hostname or "", at.port or 0)) as client:
        client.sendall(
            b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert begun.wait(10)
    assert ended.wait(10)
