"""How readers of the same process learn of a commit."""

from __future__ import annotations

import threading


class ChangeSignal:
    """Lets readers wait for the next commit."""

    def __init__(self, seq: int) -> None:
        self._seq = seq
        self._condition = threading.Condition()

    def advance(self, seq: int) -> None:
        with self._condition:
            self._seq = seq
            self._condition.notify_all()

    def wait(self, after: int, timeout: float) -> int:
        with self._condition:
            self._condition.wait_for(lambda: self._seq > after, timeout)
            return self._seq
