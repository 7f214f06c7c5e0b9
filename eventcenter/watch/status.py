"""The state of one stream: written by the watching thread, read by pages and metrics."""

from __future__ import annotations

import threading
from typing import Any

import msgspec

from eventcenter.model import StreamStatus


class StatusBoard:
    """Holds the newest StreamStatus; every update is one consistent snapshot."""

    def __init__(self, stream: str) -> None:
        self._lock = threading.Lock()
        self._status = StreamStatus(stream=stream)

    def update(self, **fields: Any) -> None:
        with self._lock:
            self._status = msgspec.structs.replace(self._status, **fields)

    def read(self) -> StreamStatus:
        with self._lock:
            return self._status
