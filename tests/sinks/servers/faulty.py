"""A local HTTP server that answers as a test scripts it: well, wrongly, slowly, in half, or not at all."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """As it was sent, without the query."""
    query: dict[str, str]
    headers: dict[str, str]
    """With names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


How = Literal["whole", "slowly", "never", "half", "closed", "reset", "garbage"]


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: Any = b""
    """Bytes or text as they are; anything else as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    how: How = "whole"
    """slowly: a byte now and then, without end; never: nothing until the server closes; half: the body breaks off;
    closed: without an answer; reset: the same, rudely; garbage: what is not HTTP."""

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


Answering = Answer | Callable[[Request], Answer]


class FaultyServer:
    """Answers with `script` first, one a request, then with `usual`. Only requests that `counts` accepts use up the
    script. `die` and `come_back` keep the port."""

    def __init__(
        self, usual: Answering | None = None, counts: Callable[[Request], bool] | None = None
    ) -> None:
        self.usual: Answering = usual or Answer()
        self.counts = counts or (lambda request: True)
        self.requests: list[Request] = []
        self._script: deque[Answering] = deque()
        self._lock = threading.Lock()
        self._port = 0
        self._server: _Server | None = None
        self.come_back()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def counted(self) -> list[Request]:
        return [request for request in self.requests if self.counts(request)]

    @property
    def last(self) -> Request:
        return self.requests[-1]

    def script(self, *answers: Answering) -> None:
        with self._lock:
            self._script.extend(answers)

    def die(self) -> None:
        """Every connection breaks, and new ones are refused."""
        if self._server is not None:
            self._server.end()
            self._server = None

    def come_back(self) -> None:
        self._server = _Server(self._port, self._answer)
        self._port = self._server.server_address[1]
        self._server.begin()

    def _answer(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            scripted = self._script and self.counts(request)
            answer = self._script.popleft() if scripted else self.usual
        return answer if isinstance(answer, Answer) else answer(request)

    def __enter__(self) -> FaultyServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, answer: Callable[[Request], Answer]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.ending = threading.Event()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.ending.set()
        self.shutdown()
        self.server_close()
        self._thread.join(5)
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is what many of these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _any(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self._body(),
        )
        answer = self.server.answer(request)
        getattr(self, f"_{answer.how}")(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return b"".join(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _head(self, answer: Answer, length: int) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _whole(self, answer: Answer) -> None:
        self._head(answer, len(answer.content))
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def _slowly(self, answer: Answer) -> None:
        self._head(answer, 1_000_000)
        while not self.server.ending.wait(0.05):
            self.wfile.write(b" ")

    def _never(self, answer: Answer) -> None:
        self.server.ending.wait(60)
        self.close_connection = True

    def _half(self, answer: Answer) -> None:
        self._head(answer, len(answer.content) + 100)
        self.wfile.write(answer.content[: len(answer.content) // 2])
        self.close_connection = True

    def _closed(self, answer: Answer) -> None:
        self.close_connection = True

    def _reset(self, answer: Answer) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
        self.close_connection = True

    def _garbage(self, answer: Answer) -> None:
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """The tests look at `requests`."""
