"""What reporting has done and lost, for `/healthz`, the metrics and the log. One line is logged when trouble begins
and one when it ends, however often it is met in between."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from dataclasses import dataclass, field

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    sent: int = 0
    """Occurrences that are in an Event of the cluster."""
    fallen_back: int = 0
    """Occurrences that went to the store of the center because the cluster refuses them."""
    dropped: int = 0
    """Occurrences that nobody has got: the buffer was full, or the server will never take them."""
    buffered: int = 0
    """Occurrences that wait."""
    calls: Counter[str] = field(default_factory=Counter)
    """Requests to the API server by what for: `event`, `conditions`, `pods`, `node`."""
    errors: Counter[str] = field(default_factory=Counter)
    """Those that failed, by what for."""
    last_write: float | None = None
    """When the cluster took the last event or condition."""
    trouble: dict[str, str] = field(default_factory=dict)
    """What for → why it does not work now; empty while all is well."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, what: str) -> None:
        self.calls[what] += 1

    def failed(self, what: str, why: str) -> None:
        self.errors[what] += 1
        with self._lock:
            new = self.trouble.get(what) != why
            self.trouble[what] = why
        if new:
            log.warning("%s: %s", what, why)

    def worked(self, what: str, now: float | None = None) -> None:
        if now is not None:
            self.last_write = now
        with self._lock:
            was = self.trouble.pop(what, None)
        if was is not None:
            log.info("%s: works again", what)

    def troubles(self) -> dict[str, str]:
        with self._lock:
            return dict(self.trouble)
