"""One time limit for a whole exchange: the timeout of a socket alone begins anew with every byte, and a peer that
drips would hold a check for ever."""

from __future__ import annotations

import socket
import time


class Deadline:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds. TimeoutError when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def receive(self, sock: socket.socket, most: int = 4096) -> bytes:
        sock.settimeout(self.left())
        return sock.recv(most)

    def send(self, sock: socket.socket, data: bytes) -> None:
        sock.settimeout(self.left())
        sock.sendall(data)
