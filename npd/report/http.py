"""Serves what the agent says of itself: a few addresses, each a function that gives a text."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
_READ_WITHIN = 10
"""Seconds that a client may take to ask."""


class Said(NamedTuple):
    text: str
    status: int = 200
    type: str = TEXT


Routes = Mapping[str, Callable[[], Said]]


class StatusServer:
    """Binds on creation (OSError when the address is taken). `port` 0 takes a free one."""

    def __init__(self, host: str, port: int, routes: Routes) -> None:
        class Handler(_Handler):
            answers = routes

        server = _ServerV6 if ":" in host else _Server
        self._server = server((host, port), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 1.0}, name="npd-http", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a client of the status server went away", exc_info=True)


class _ServerV6(_Server):
    import socket

    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    answers: ClassVar[Routes] = {}
    timeout = _READ_WITHIN

    def do_GET(self) -> None:
        answer = self.answers.get(urlsplit(self.path).path)
        said = answer() if answer else Said(f"not found; there are {', '.join(sorted(self.answers))}\n", 404)
        body = said.text.encode()
        self.send_response(said.status)
        self.send_header("Content-Type", said.type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def version_string(self) -> str:
        return "npd"

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)
