"""Hands batches to the store, however long it takes: a full disk must delay events, never lose them."""

from __future__ import annotations

import logging
import threading

from eventcenter.errors import StoreError, StoreUnwritable
from eventcenter.model import Batch, Phase
from eventcenter.ports import Clock, Deliver
from eventcenter.watch.backoff import Backoff
from eventcenter.watch.status import StatusBoard
from eventcenter.watch.tuning import Tuning

logger = logging.getLogger(__name__)


class Handover:
    """`deliver` that tries again while the store cannot write, and shows so."""

    def __init__(
        self, deliver: Deliver, board: StatusBoard, clock: Clock, stop: threading.Event, tuning: Tuning
    ) -> None:
        self._deliver = deliver
        self._board = board
        self._clock = clock
        self._stop = stop
        self._tuning = tuning

    def __call__(self, batch: Batch) -> None:
        """Returns once the store has taken the batch. StoreError: it is closed, or we are stopped."""
        before = self._board.read()
        backoff = Backoff(self._tuning.backoff, self._tuning.backoff_at_most)
        while True:
            try:
                self._deliver(batch)
                break
            except StoreUnwritable as error:
                if self._wait(error, backoff.next()):
                    raise
        if backoff.failures:
            self._board.update(phase=before.phase, error=before.error, retry_at=None)

    def _wait(self, error: StoreError, seconds: float) -> bool:
        """Show `error` until it is time to try again; true when stopped meanwhile."""
        logger.warning("store refuses stream=%s error=%s", self._board.read().stream, error)
        retry_at = self._clock() + int(seconds * 1000)
        self._board.update(phase=Phase.RETRYING, error=str(error), retry_at=retry_at)
        return self._stop.wait(seconds)
