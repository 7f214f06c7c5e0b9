"""Lists and watches one kind of object and hands each on; keeps none, so that a cluster's Pods cost no memory here.

Nothing is made durable of it: whatever breaks, it lists again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

import msgspec

from eventcenter.errors import ClusterError, Forbidden
from eventcenter.watch.backoff import Backoff
from eventcenter.watch.connection import Answer, Connection, decode, read_all
from eventcenter.watch.failures import failure
from eventcenter.watch.malformed import Malformed
from eventcenter.watch.stream import LineStream

log = logging.getLogger(__name__)

PAGE = 250
WATCH_SECONDS = 300
GRACE = 15.0
FORBIDDEN_RETRY = 300.0
STOP_WITHIN = 1.9


class _Meta(msgspec.Struct):
    resourceVersion: str = ""
    next: str = msgspec.field(name="continue", default="")


class _List(msgspec.Struct):
    metadata: _Meta
    items: list[msgspec.Raw] | None = None


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Object(msgspec.Struct):
    metadata: _Meta


_LIST = msgspec.json.Decoder(_List)
_LINE = msgspec.json.Decoder(_Line)
_OBJECT = msgspec.json.Decoder(_Object)

Take = Callable[[bytes, bool], None]
"""An object as JSON, and whether it was deleted."""


class Following:
    """Of the objects at `path` (`/api/v1/pods`); `what` is their name in rights and in the log. `begin` and `end` are
    called around each list: what is not handed on between them is gone."""

    def __init__(
        self,
        connect: Callable[[], Connection],
        path: str,
        what: str,
        take: Take,
        begin: Callable[[], None] = lambda: None,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._path = path
        self._what = what
        self._take = take
        self._begin = begin
        self._end = end
        self._malformed = Malformed(what)
        self._backoff = Backoff()
        self._stop = threading.Event()
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"watch-{what}", daemon=True)
        self._refused = False
        self.established = threading.Event()
        """All that there was has been handed on at least once."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns within two seconds."""
        self._stop.set()
        connection = self._connection
        if connection is not None:
            connection.interrupt()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN)

    def _run(self) -> None:
        while not self._stop.is_set():
            delay = 0.0
            try:
                self._connection = self._connect()
                if not self._stop.is_set():
                    self._follow(self._connection)
            except Exception as error:  # a bug on one object must not end the watch for good
                delay = self._failed(error)
            finally:
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
            self._stop.wait(delay)

    def _failed(self, error: Exception) -> float:
        if self._stop.is_set():
            return 0.0
        if isinstance(error, Forbidden):
            level = logging.DEBUG if self._refused else logging.WARNING
            self._refused = True
            log.log(level, "no checks that need %s: %s", self._what, error)
            return FORBIDDEN_RETRY
        delay = self._backoff.next()
        expected = isinstance(error, ClusterError)
        log.warning(
            "watch failed stream=%s retry_in=%.1f error=%s", self._what, delay, error, exc_info=not expected
        )
        return delay

    def _follow(self, connection: Connection) -> None:
        version = self._list(connection)
        self.established.set()
        self._refused = False
        while not self._stop.is_set():
            version = self._watch(connection, version)
            self._backoff.reset()

    def _list(self, connection: Connection) -> str:
        self._begin()
        version, token = "", ""
        while True:
            query = {"limit": PAGE} | ({"continue": token} if token else {})
            page = _LIST.decode(self._get(connection, query))
            version = version or page.metadata.resourceVersion
            for item in page.items or ():
                self._hand_on(bytes(item), False)
            token = page.metadata.next
            if not token:
                self._end()
                return version
            if self._stop.is_set():
                return version

    def _get(self, connection: Connection, query: Mapping[str, object]) -> bytes:
        response = connection.open("GET", self._path, query)
        try:
            body = read_all(response, connection.host)
            if response.status != 200:
                raise self._failure(Answer(response.status, response.headers, decode(body)), "list")
            return body
        finally:
            response.close()

    def _watch(self, connection: Connection, version: str) -> str:
        """To its end; the version after it. A ClusterError where only a new list helps."""
        query = {
            "watch": "1", "resourceVersion": version, "timeoutSeconds": WATCH_SECONDS, "allowWatchBookmarks": "true"
        }  # fmt: skip
        response = connection.open("GET", self._path, query)
        try:
            if response.status != 200:
                body = read_all(response, connection.host)
                raise self._failure(Answer(response.status, response.headers, decode(body)), "watch")
            stream = LineStream(response, connection.host, self._malformed)
            stream.expect_silence(WATCH_SECONDS + GRACE)
            while (lines := stream.read()) is not None:
                for line in lines:
                    version = self._taken(line) or version
        finally:
            response.close()
        return version

    def _taken(self, text: bytes) -> str:
        try:
            line = _LINE.decode(text)
            if line.type == "ERROR":
                raise self._failure(Answer(500, {}, decode(bytes(line.object))), "watch")
            if line.type != "BOOKMARK":
                self._hand_on(bytes(line.object), line.type == "DELETED")
            return _OBJECT.decode(line.object).metadata.resourceVersion
        except msgspec.MsgspecError as error:
            self._malformed.note("undecodable line", error)
            return ""

    def _hand_on(self, item: bytes, deleted: bool) -> None:
        try:
            self._take(item, deleted)
        except msgspec.MsgspecError as error:
            self._malformed.note("unexpected shape", error)

    def _failure(self, answer: Answer, verb: str) -> ClusterError:
        code = answer.json.get("code") if isinstance(answer.json, dict) else None
        status = code if isinstance(code, int) else answer.status
        return failure(status, answer.headers, answer.json, verb=verb, namespace=None, resource=self._what)
