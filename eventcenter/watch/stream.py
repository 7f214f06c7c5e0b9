"""The bytes of a watch response, as lines.

A real API server puts each event into a chunk of its own. So that a storm is committed in batches all the
same, reading goes on while the kernel already has more.
"""

from __future__ import annotations

import fcntl
import termios
from array import array
from typing import Any

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from eventcenter.watch.failures import Cut, reason
from eventcenter.watch.malformed import Malformed

MAX_LINE = 16 * 2**20
"""etcd takes 1.5 MB; escaped as JSON, text grows at most six times."""
READ_SIZE = 2**16
MORE_THAN_FRAMING = 64
"""Bytes; the end of a chunk, the head of the next and the overhead of a TLS record are fewer."""
BATCH_LINES = 1000
BATCH_BYTES = 2**20


class LineSplitter:
    """Cuts pieces of a stream into complete lines. Keeps the unfinished one, up to `max_line` bytes of it."""

    def __init__(self, malformed: Malformed, max_line: int = MAX_LINE) -> None:
        self._malformed = malformed
        self._max_line = max_line
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, blank ones left out."""
        head, *lines = data.split(b"\n")
        self._keep(head)
        if not lines:
            return []
        complete = [self._take(), *lines[:-1]]
        self._keep(lines[-1])
        return [line for line in complete if line and not line.isspace()]

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._max_line:
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _take(self) -> bytes:
        if self._size > self._max_line:
            self._malformed.note("oversize line", f"{self._size} bytes")
        line = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return line


class LineStream:
    """The lines of one response, in batches of what is there. An unfinished last line is never given out."""

    def __init__(self, response: BaseHTTPResponse, host: str, malformed: Malformed) -> None:
        self._response = response
        self._host = host
        self._splitter = LineSplitter(malformed)
        self._socket: Any = getattr(response.connection, "sock", None)
        self._end: Cut | None = None
        self._ended = False

    def expect_silence(self, seconds: float) -> None:
        """From now on a read may take this long (so far it was the time for the answer to begin)."""
        if self._socket is not None:
            self._socket.settimeout(seconds)

    def read(self) -> list[bytes] | None:
        """Block for bytes; the lines they complete, maybe none. None: the server ended it. Cut: it broke."""
        lines: list[bytes] = []
        size = 0
        while not self._ended:
            data = self._read_bytes()
            lines += self._splitter.feed(data)
            size += len(data)
            if len(lines) >= BATCH_LINES or size >= BATCH_BYTES or not self._more_is_there():
                return lines
        if lines:
            return lines  # what came before the end; the next call tells how it ended
        if self._end is not None:
            raise self._end
        return None

    def _read_bytes(self) -> bytes:
        try:
            data = self._response.read1(READ_SIZE)
        except (HTTPError, OSError) as error:
            self._end = Cut(f"the watch of {self._host} broke: {reason(error)}")
            data = b""
        self._ended = not data
        return bytes(data)

    def _more_is_there(self) -> bool:
        """Whether a read would bring bytes of a line at once. A chunk's bare framing must not count: the read
        would block on what follows it while lines wait to be handed on."""
        if self._ended:
            return True  # go round once more to see that it ended
        sock = self._socket
        if sock is None:
            return False
        try:
            decrypted = sock.pending() if hasattr(sock, "pending") else 0
            return decrypted >= MORE_THAN_FRAMING or _in_kernel(sock) >= MORE_THAN_FRAMING
        except (OSError, ValueError):  # interrupted meanwhile: the next read tells
            return False


def _in_kernel(sock: Any) -> int:
    """How many bytes the kernel has for us."""
    count = array("i", [0])
    fcntl.ioctl(sock, termios.FIONREAD, count)
    return count[0]
