"""One watch connection, from its opening to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from urllib3 import BaseHTTPResponse

from eventcenter.errors import Gone
from eventcenter.watch.connection import Connection, decode, interrupt, read_all
from eventcenter.watch.failures import Cut, failure
from eventcenter.watch.listing import Standing, events_path, newest_version, standing
from eventcenter.watch.malformed import Malformed
from eventcenter.watch.silence import Patience, SilenceGuard
from eventcenter.watch.stream import LineStream

GRACE = 15.0
"""The server's clock for `timeoutSeconds` and ours may differ a little."""


class WatchSession:
    """Watches from `position()`, which the taker of the lines moves on."""

    def __init__(
        self,
        connection: Connection,
        namespace: str | None,
        position: Callable[[], str],
        patience: Patience,
        malformed: Malformed,
        seconds: int,
    ) -> None:
        self.newest = ""
        """The cluster's resourceVersion when it was last asked for."""
        self._connection = connection
        self._namespace = namespace
        self._position = position
        self._patience = patience
        self._malformed = malformed
        self._seconds = seconds

    def standing(self) -> Standing:
        """Ask the cluster how our position stands to its own."""
        position = self._position()
        self.newest = newest_version(self._connection, self._namespace)
        return standing(position, self.newest)

    def ahead(self) -> Gone:
        return Gone(
            f"the position {self._position()} is ahead of the cluster's {self.newest}: was it restored?"
        )

    def run(self, opened: Callable[[], None], take: Callable[[list[bytes]], None]) -> bool:
        """Watch to the end. True: given up because it was silent while the cluster had gone on."""
        began = time.monotonic()
        with self._open() as response:
            stream = LineStream(response, self._connection.host, self._malformed)
            stream.expect_silence(self._seconds + 4 * GRACE)
            with self._guard(response) as guard:
                opened()
                self._read(stream, guard, take)
        if guard.error is not None:
            raise guard.error
        if guard.verdict is Standing.AHEAD:
            raise self.ahead()
        lived = time.monotonic() - began
        if not guard.spoke and lived < self._seconds - GRACE:
            raise Cut(f"the API server ended the watch after {lived:.0f} of {self._seconds} seconds")
        return guard.verdict is Standing.BEHIND

    @contextmanager
    def _open(self) -> Iterator[BaseHTTPResponse]:
        query = {
            "watch": "1",
            "resourceVersion": self._position(),
            "allowWatchBookmarks": "true",
            "timeoutSeconds": self._seconds,
        }
        response = self._connection.open("GET", events_path(self._namespace), query)
        try:
            if response.status != 200:
                self._refused(response)
            yield response
        finally:
            response.close()

    def _refused(self, response: BaseHTTPResponse) -> None:
        body = decode(read_all(response, self._connection.host))
        if response.status == 400:  # the position of another cluster, perhaps: this one will never know it
            raise Gone(f"400: the position {self._position()} is not accepted")
        raise failure(response.status, response.headers, body, verb="watch", namespace=self._namespace)

    def _guard(self, response: BaseHTTPResponse) -> SilenceGuard:
        return SilenceGuard(
            self._patience, self.standing, lambda: interrupt(response), longest=self._seconds + GRACE
        )

    def _read(self, stream: LineStream, guard: SilenceGuard, take: Callable[[list[bytes]], None]) -> None:
        while True:
            guard.reading_since = time.monotonic()
            try:
                lines = stream.read()
            except Cut:
                if guard.spoke:  # it was the guard that cut
                    return
                raise
            finally:
                guard.reading_since = None
            if lines is None:
                return
            if lines:
                take(lines)
