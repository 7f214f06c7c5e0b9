"""The least of gRPC: one call without arguments, and whether any answer to it comes. The text of the answer does
not matter: a runtime that says "unimplemented" is awake, and one that only greets may hang behind its doorman."""

from __future__ import annotations

import socket
import struct

from npd.checks.deadline import Deadline

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD = struct.Struct("!BHBBI")
_DATA, _HEADERS, _SETTINGS, _GOAWAY = 0x0, 0x1, 0x4, 0x7
_END_STREAM, _END_HEADERS = 0x1, 0x4
_LONGEST = 1 << 20
"""Bytes of frames before the answer; far more than a greeting takes."""
VERSION = "/runtime.v1.RuntimeService/Version"


class BadAnswer(Exception):
    """What came back in place of an answer."""


def call(sock: socket.socket, path: str, deadline: Deadline) -> None:
    """Returns when the call of `path` is answered. OSError, TimeoutError, BadAnswer."""
    deadline.send(sock, _PREFACE + _frame(_SETTINGS, 0, 0, b"") + _request(path))
    buffer = b""
    greeted = False
    received = 0
    while received < _LONGEST:
        data = deadline.receive(sock)
        if not data:
            raise BadAnswer("closed the connection without an answer")
        received += len(data)
        buffer += data
        while len(buffer) >= 9 and len(buffer) >= 9 + _length(buffer):
            kind, stream = buffer[3], int.from_bytes(buffer[5:9]) & 0x7FFFFFFF
            if not greeted and kind != _SETTINGS:
                raise BadAnswer("does not speak HTTP/2")
            greeted = True
            if kind == _GOAWAY:
                raise BadAnswer("sent the connection away")
            if stream == 1:
                return
            buffer = buffer[9 + _length(buffer) :]
        if not greeted and len(buffer) >= 4 and buffer[3] != _SETTINGS:
            raise BadAnswer("does not speak HTTP/2")
    raise BadAnswer("sent much and no answer")


def _length(buffer: bytes) -> int:
    return int.from_bytes(buffer[:3])


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return _HEAD.pack(len(payload) >> 16, len(payload) & 0xFFFF, kind, flags, stream) + payload


def _request(path: str) -> bytes:
    """Headers as HPACK literals without a table, and one empty message."""
    headers = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    )
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in headers)
    return _frame(_HEADERS, _END_HEADERS, 1, block) + _frame(_DATA, _END_STREAM, 1, bytes(5))


def _text(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()
