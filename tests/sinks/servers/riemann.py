"""A small Riemann: it reads frames by the published description of the protocol, and answers as a test tells it."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

# Written from riemann's own documentation of its protocol, apart from what the sink is made of.
_PROTOCOL = """
name: "riemann_server.proto" package: "com.aphyr.riemann" syntax: "proto2"
message_type { name: "Attribute"
  field { name: "key" number: 1 label: LABEL_REQUIRED type: TYPE_STRING }
  field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING } }
message_type { name: "Event"
  field { name: "time" number: 1 label: LABEL_OPTIONAL type: TYPE_INT64 }
  field { name: "state" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "service" number: 3 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "host" number: 4 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "description" number: 5 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "tags" number: 7 label: LABEL_REPEATED type: TYPE_STRING }
  field { name: "ttl" number: 8 label: LABEL_OPTIONAL type: TYPE_FLOAT }
  field { name: "attributes" number: 9 label: LABEL_REPEATED type: TYPE_MESSAGE
          type_name: ".com.aphyr.riemann.Attribute" }
  field { name: "time_micros" number: 10 label: LABEL_OPTIONAL type: TYPE_INT64 }
  field { name: "metric_sint64" number: 13 label: LABEL_OPTIONAL type: TYPE_SINT64 }
  field { name: "metric_d" number: 14 label: LABEL_OPTIONAL type: TYPE_DOUBLE }
  field { name: "metric_f" number: 15 label: LABEL_OPTIONAL type: TYPE_FLOAT } }
message_type { name: "Msg"
  field { name: "ok" number: 2 label: LABEL_OPTIONAL type: TYPE_BOOL }
  field { name: "error" number: 3 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "events" number: 6 label: LABEL_REPEATED type: TYPE_MESSAGE
          type_name: ".com.aphyr.riemann.Event" } }
"""


def _message_class() -> Any:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(_PROTOCOL, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("com.aphyr.riemann.Msg"))


Msg = _message_class()

Reply = bytes | Callable[[socket.socket], None] | None
"""Bytes to send back; what to do with the connection instead; None: nothing, and close."""


def framed(message: Any) -> bytes:
    encoded = message.SerializeToString()
    return struct.pack(">I", len(encoded)) + encoded


OK = framed(Msg(ok=True))


class RiemannServer:
    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.replies: list[Reply] = []
        """One for each message to come; then OK."""
        self.ending = threading.Event()
        self._port = 0
        self._server: _Server | None = None
        self.come_back()

    @property
    def events(self) -> list[Any]:
        return [event for message in self.messages for event in message.events]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def come_back(self) -> None:
        self.ending = threading.Event()
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.riemann = self
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def die(self) -> None:
        self.ending.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.drop()
            self._server = None

    def __enter__(self) -> RiemannServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    riemann: RiemannServer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._open: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._open.append(connection)
        return connection, address

    def drop(self) -> None:
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        riemann = self.server.riemann
        with contextlib.suppress(OSError):
            while len(head := self.rfile.read(4)) == 4:
                (length,) = struct.unpack(">I", head)
                riemann.messages.append(Msg.FromString(self.rfile.read(length)))
                reply = riemann.replies.pop(0) if riemann.replies else OK
                if reply is None:
                    return
                if callable(reply):
                    reply(self.connection)
                    return
                self.wfile.write(reply)
