"""Serves pages and API: a socket that is bound before anything else is touched, then waitress on it."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from types import TracebackType

from eventcenter.errors import ConfigError
from eventcenter.ports import Center
from eventcenter.settingtypes import Address

log = logging.getLogger(__name__)

CONNECTIONS = 200
STOP_S = 2


class Server:
    """Binds on creation (ConfigError when the address is taken), serves after `serve`, stops on leaving the block.

    `stop` is set by then, so that requests which wait for news end.
    """

    def __init__(self, address: Address, stop: threading.Event) -> None:
        self._stop = stop
        self._socket = _bind(address)
        self._thread: threading.Thread | None = None
        host, port = self._socket.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    def __enter__(self) -> Server:
        return self

    def serve(self, center: Center) -> None:
        """Answer requests in threads of their own from now on."""
        import waitress

        from web import create_app
        from web.site import SERVER_THREADS

        self._server = waitress.create_server(
            create_app(center, stopping=self._stop),
            sockets=[self._socket],
            threads=SERVER_THREADS,
            connection_limit=CONNECTIONS,
            ident="eventcenter",
            clear_untrusted_proxy_headers=True,
            channel_request_lookahead=1,  # notices that a waiting client has left
        )
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._thread.start()
        log.info("serving url=%s", self.url)

    def _run(self) -> None:
        # waitress leaves its loop with an OSError when the sockets under it are closed, which is how it is stopped.
        with contextlib.suppress(OSError):
            self._server.run()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._server.task_dispatcher.shutdown(timeout=STOP_S)
            self._server.close()
            self._thread.join(STOP_S)
        self._socket.close()


def _bind(address: Address) -> socket.socket:
    try:
        family = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((address.host, address.port), family=family, backlog=128)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {address}: {error.strerror or error}",
            hint="Choose another address with --listen HOST:PORT, or stop what uses this one.",
        ) from None
