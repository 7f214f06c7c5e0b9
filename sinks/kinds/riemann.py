"""`riemann`: an event in Riemann for each event, over its protocol on TCP, which answers every message."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from eventcenter.errors import ConfigError
from sinks.delivery import Item, Refused, TryAgain
from sinks.kind import Kind, Option, Url, any_text, duration, number
from sinks.protobuf import message_classes, text
from sinks.settings import SinkSettings

DEFAULT_HOST = "riemann-heapster"
DEFAULT_PORT = 5555
MAX_ANSWER = 1_000_000
_STATES = {"Normal": "ok", "Warning": "warning"}
_MESSAGES = {
    "Attribute": {"key": (1, "required string"), "value": (2, "string")},
    "Event": {
        "time": (1, "int64"),
        "state": (2, "string"),
        "service": (3, "string"),
        "host": (4, "string"),
        "description": (5, "string"),
        "tags": (7, "repeated string"),
        "ttl": (8, "float"),
        "attributes": (9, "repeated Attribute"),
        "time_micros": (10, "int64"),
        "metric_sint64": (13, "sint64"),
        "metric_f": (15, "float"),
    },
    "Msg": {"ok": (2, "bool"), "error": (3, "string"), "events": (6, "repeated Event")},
}


class Riemann:
    def __init__(self, settings: SinkSettings) -> None:
        self._message = message_classes("riemann", _MESSAGES)["Msg"]
        self._settings = settings
        self._place = _place(settings.url)
        self._socket: socket.socket | None = None

    def send(self, items: Sequence[Item]) -> None:
        message = self._message()
        for item in items:
            self._fill(message.events.add(), item)
        encoded = message.SerializeToString()
        until = time.monotonic() + self._settings.timeout_s
        try:
            answer = self._asked(struct.pack(">I", len(encoded)) + encoded, until)
        except OSError as error:
            self.close()
            host, port = self._place
            reason = "no answer in time" if isinstance(error, TimeoutError) else str(error)
            raise TryAgain(f"{host}:{port} does not answer: {reason}") from None
        self._judge(answer)

    def _asked(self, frame: bytes, until: float) -> bytes:
        """A connection that was kept may have been closed meanwhile: then once more over a new one."""
        if self._socket is not None:
            try:
                return self._exchange(self._socket, frame, until)
            except (ConnectionError, BrokenPipeError):
                self.close()
        self._socket = socket.create_connection(self._place, timeout=_left(until))
        return self._exchange(self._socket, frame, until)

    def _exchange(self, connection: socket.socket, frame: bytes, until: float) -> bytes:
        connection.settimeout(_left(until))
        connection.sendall(frame)
        (length,) = struct.unpack(">I", _read(connection, 4, until))
        if length > MAX_ANSWER:
            raise OSError("what answers is not Riemann")
        return _read(connection, length, until)

    def _judge(self, encoded: bytes) -> None:
        from google.protobuf.message import DecodeError

        try:
            answer = self._message.FromString(encoded)
        except DecodeError:
            self.close()
            raise TryAgain("what answers is not Riemann") from None
        if answer.ok:
            return
        if not answer.HasField("ok") and not answer.error:
            self.close()
            raise TryAgain("what answers is not Riemann")
        raise Refused(f"answered with an error: {' '.join(answer.error.split())[:300]}")

    def _fill(self, event: Any, item: Item) -> None:
        ours = item.event
        event.time = ours.last_time // 1000
        event.time_micros = ours.last_time * 1000
        event.service = text(f"{ours.kind}.{ours.reason}")
        event.host = text(ours.hostname)
        event.description = text(ours.message)
        event.state = self._settings["state"] or _STATES.get(ours.level, "warning")
        event.ttl = self._settings["ttl"]
        event.metric_sint64 = ours.count
        event.metric_f = float(ours.count)
        event.tags.extend(text(tag) for tag in self._settings["tags"])
        for key, value in self._attributes(item).items():
            event.attributes.add(key=text(key), value=text(value))

    def _attributes(self, item: Item) -> dict[str, str]:
        event = item.event
        about = item.raw.get("involvedObject") or item.raw.get("regarding") or {}
        return dict(self._settings.surroundings.labels) | {
            "namespace": event.namespace,
            "uid": event.object_uid,
            "name": event.name,
            "api-version": event.api_version,
            "resource-version": str(about.get("resourceVersion") or ""),
            "field-path": event.field_path,
            "component": event.component,
            "last-timestamp": str(event.last_time // 1000),
            "first-timestamp": str(event.first_time // 1000),
            "event-key": item.key,
        }

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _place(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url if "://" in url else f"tcp://{url}")
        return parts.hostname or DEFAULT_HOST, parts.port or DEFAULT_PORT
    except ValueError:
        raise ConfigError("the URL is not HOST:PORT, as in riemann:http://localhost:5555") from None


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _read(connection: socket.socket, length: int, until: float) -> bytes:
    found = bytearray()
    while len(found) < length:
        connection.settimeout(_left(until))
        piece = connection.recv(length - len(found))
        if not piece:
            raise ConnectionResetError("the connection was closed")
        found += piece
    return bytes(found)


def seconds(given: str) -> float:
    """A number, or a duration as elsewhere."""
    try:
        value = float(given)
    except ValueError:
        value = duration(given)
    if not 0 < value < 1e9:
        raise ValueError("is not a number of seconds above 0")
    return value


KIND = Kind(
    name="riemann",
    summary="An event in Riemann for each event.",
    example="riemann:http://localhost:5555?ttl=120&state=ok&tags=foobar&batchsize=150",
    options=(
        Option("ttl", "seconds until Riemann takes it for expired", seconds, 60.0),
        Option("state", "of every event; default: ok for Normal, warning for Warning", any_text, ""),
        Option("tags", "can be repeated", default=("heapster",), many=True),
        Option("batchsize", "so many events in one message", number(1, 10_000), 1000),
    ),
    open=Riemann,
    url=Url.OPTIONAL,
    modules=("google.protobuf",),
    extra="riemann",
    batch=1000,
)
