"""What MongoDB answers to the few commands of a sink, by its wire protocol (OP_MSG, and OP_QUERY for the first hello),
so that the real client speaks: server selection, time limits and bulk results are pymongo's own. The real server is no
package to be had here. `insert` keeps `_id` unique; tests script failures of a document or a whole command."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import bson
from bson.codec_options import CodecOptions

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HELLO = {
    "ok": 1.0, "ismaster": True, "isWritablePrimary": True, "helloOk": True, "maxBsonObjectSize": 16 * 1024**2,
    "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 21,
    "readOnly": False,
}  # fmt: skip
_OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)

OfDocument = Callable[[dict[str, Any]], dict[str, Any] | None]
"""A document → its write error (code, errmsg), None when it is taken."""


class WireMongo:
    def __init__(self) -> None:
        self.documents: dict[Any, dict[str, Any]] = {}
        self.places: set[tuple[str, str]] = set()
        """Database and collection of every insert."""
        self.of_document: OfDocument = lambda document: None
        self.of_command: dict[str, Any] | None = None
        """Answered in place of an insert."""
        self.write_concern_error: dict[str, Any] | None = None
        self.loses_answers = False
        """It takes what comes and the connection breaks before the answer."""
        self.silent = threading.Event()
        self._port = 0
        self._open: list[socket.socket] = []
        self.start()

    def start(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=[self._listening], daemon=True).start()

    def kill(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    @property
    def address(self) -> str:
        return f"mongo:?mongodb://127.0.0.1:{self._port}/"

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError), connection:
            while True:
                length, number, _, code = struct.unpack("<iiii", _exactly(connection, 16))
                body = _exactly(connection, length - 16)
                if code == OP_QUERY:
                    answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(HELLO)
                    kind = OP_REPLY
                else:
                    answer = struct.pack("<IB", 0, 0) + bson.encode(self._answer(_command(body)))
                    kind = OP_MSG
                while self.silent.is_set():
                    threading.Event().wait(0.02)
                if self.loses_answers and b"insert" in body[:40]:
                    return
                connection.sendall(struct.pack("<iiii", 16 + len(answer), 1, number, kind) + answer)

    def _answer(self, command: dict[str, Any]) -> dict[str, Any]:
        name = next(iter(command))
        if name in ("hello", "ismaster", "isMaster"):
            return HELLO
        if name == "insert":
            return self._insert(command)
        return {"ok": 1.0}

    def _insert(self, command: dict[str, Any]) -> dict[str, Any]:
        if self.of_command is not None:
            return {"ok": 0.0} | self.of_command
        if any(len(bson.encode(document)) > 16 * 1024**2 for document in command["documents"]):
            return {"ok": 0.0, "code": 10334, "errmsg": "object to insert too large"}
        self.places.add((command["$db"], command["insert"]))
        errors = []
        for index, document in enumerate(command["documents"]):
            error = self.of_document(document) or self._double(document)
            if error:
                errors.append({"index": index} | error)
            else:
                self.documents[document["_id"]] = document
        answer: dict[str, Any] = {"ok": 1.0, "n": len(command["documents"]) - len(errors)}
        if errors:
            answer["writeErrors"] = errors
        if self.write_concern_error:
            answer["writeConcernError"] = self.write_concern_error
        return answer

    def _double(self, document: dict[str, Any]) -> dict[str, Any] | None:
        if document["_id"] not in self.documents:
            return None
        return {
            "code": 11000,
            "keyPattern": {"_id": 1},
            "keyValue": {"_id": document["_id"]},
            "errmsg": "E11000 duplicate key error collection: k8s.event index: _id_ dup key",
        }


def _command(body: bytes) -> dict[str, Any]:
    """Of the sections of an OP_MSG: the command, and a sequence of documents beside it."""
    command: dict[str, Any] = {}
    place = 4
    while place < len(body):
        kind = body[place]
        (size,) = struct.unpack_from("<i", body, place + 1)
        section = body[place + 1 : place + 1 + size]
        if kind == 0:
            command |= bson.decode(section, _OPTIONS)
        else:
            name, _, documents = section[4:].partition(b"\0")
            command[name.decode()] = bson.decode_all(documents, _OPTIONS)
        place += 1 + size
    return dict(sorted(command.items(), key=lambda pair: pair[0] == "documents"))


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)
