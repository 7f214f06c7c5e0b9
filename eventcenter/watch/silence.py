"""Looks after an open watch from a second thread, because a blocked read cannot look after itself.

Real servers send no bookmarks on quiet event watches, so silence may mean an idle cluster, a connection whose
other end is gone, or a position that the cluster never reached (a restored etcd). A cheap list tells which.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from eventcenter.errors import ClusterError
from eventcenter.watch.failures import HttpFailure
from eventcenter.watch.listing import Standing

MAX_NAP = 1.0

logger = logging.getLogger(__name__)


class Patience:
    """How long silence is taken as normal: longer while looking into it finds nothing."""

    def __init__(self, shortest: float, longest: float) -> None:
        self._shortest = shortest
        self._longest = longest
        self.seconds = shortest

    def grow(self) -> None:
        self.seconds = min(self._longest, self.seconds * 2)

    def reset(self) -> None:
        self.seconds = self._shortest


class SilenceGuard:
    """Interrupts a watch that is silent too long, and says why in `verdict` (or `error`: nobody answers)."""

    def __init__(
        self,
        patience: Patience,
        probe: Callable[[], Standing],
        interrupt: Callable[[], None],
        longest: float,
    ) -> None:
        self.reading_since: float | None = None
        """Set by the reader around each blocking read: what blocks elsewhere is not the cluster's silence."""
        self.verdict: Standing | None = None
        self.error: ClusterError | None = None
        self.overdue = False
        """The server has not kept to the watch's time limit."""
        self._patience = patience
        self._probe = probe
        self._interrupt = interrupt
        self._ends = time.monotonic() + longest
        self._probed = 0.0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch-silence", daemon=True)

    def __enter__(self) -> SilenceGuard:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._closed.set()
        self._thread.join(timeout=1)  # it may be in a probe; it then ends by itself

    @property
    def spoke(self) -> bool:
        return self.verdict is not None or self.error is not None or self.overdue

    def _run(self) -> None:
        while not self._closed.wait(self._due()):
            since = self.reading_since
            if time.monotonic() >= self._ends:
                self.overdue = True
            elif since is not None and self._due_at(since) <= time.monotonic():
                self._look(since)
            if self.spoke:
                self._interrupt()
                return

    def _due(self) -> float:
        """Seconds to sleep; never long, since the reader, the hot path, tells nobody when a read begins."""
        since = self.reading_since
        nap = min(MAX_NAP, self._patience.seconds)
        at = self._ends if since is None else min(self._ends, self._due_at(since))
        return max(0.01, min(nap, at - time.monotonic()))

    def _due_at(self, since: float) -> float:
        return max(since, self._probed) + self._patience.seconds

    def _look(self, since: float) -> None:
        try:
            standing, error = self._probe(), None
        except ClusterError as failed:
            standing, error = Standing.SAME, failed
        self._probed = time.monotonic()
        if self.reading_since != since or self._closed.is_set():
            return  # it was not silent after all
        self._patience.grow()
        if error is not None and not (isinstance(error, HttpFailure) and error.status == 429):
            self.error = error
        elif standing is not Standing.SAME:
            self.verdict = standing
        logger.debug("silence looked into standing=%s error=%s", standing.value, error)
