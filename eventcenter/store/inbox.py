"""What the writer has to do: batches, of which many go into one transaction, and calls, each between two of them.

Bounded: whoever delivers waits while it is full, which is how a slow disk stops the watches from reading. Calls are few
and never wait for room, so that they can be done while no batch can."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from eventcenter.model import Batch
from eventcenter.store.calls import Call

QUEUED_BATCHES = 4
CHANGES_A_TRANSACTION = 2_000
LINGER_S = 0.02
"""How long a transaction waits for more changes: at 500 changes/s ten share one commit."""
LINGER_BELOW = 200
LOOK_EVERY_S = 2.0
"""The longest that the writer waits for work: then it looks whether the file is still there."""


class Inbox:
    """For any number of threads that `put` and the one that takes out."""

    def __init__(self) -> None:
        self._items: deque[Batch | Call[Any]] = deque()
        self._changed = threading.Condition()
        self.closed = False
        """Nothing is taken in any more; what is there is still to be done."""

    def put(self, item: Batch | Call[Any]) -> bool:
        """Waits while there is no room for a batch. False once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or isinstance(item, Call) or not self._full())
            if not self.closed:
                self._items.append(item)
                self._changed.notify_all()
            return not self.closed

    def full(self) -> bool:
        """Whether the next batch has to wait."""
        with self._changed:
            return self._full()

    def _full(self) -> bool:
        return sum(isinstance(item, Batch) for item in self._items) >= QUEUED_BATCHES

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        with self._changed:
            return self.closed and not self._items

    def batches(self) -> list[Batch]:
        """Those of the next transaction, up to the next call; none when a call comes first, or nothing comes."""
        batches: list[Batch] = []
        count = 0
        batch = self._batch(LOOK_EVERY_S)
        deadline = time.monotonic() + LINGER_S
        while batch is not None:
            batches.append(batch)
            count += len(batch.changes)
            if count >= CHANGES_A_TRANSACTION:
                break
            batch = self._batch(deadline - time.monotonic() if count < LINGER_BELOW else 0.0)
        return batches

    def _batch(self, seconds: float) -> Batch | None:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self.closed, max(0.0, seconds))
            if not self._items or isinstance(self._items[0], Call):
                return None
            batch = self._items.popleft()
            self._changed.notify_all()
            assert isinstance(batch, Batch)
            return batch

    def next_call(self) -> Call[Any] | None:
        """The call whose turn it is."""
        with self._changed:
            if not self._items or isinstance(self._items[0], Batch):
                return None
            call = self._items.popleft()
            assert isinstance(call, Call)
            return call

    def early_calls(self, seconds: float) -> list[Call[Any]]:
        """Every call that waits, before its turn; waits `seconds` for one, less when the inbox is closed."""

        def calls() -> list[Call[Any]]:
            return [item for item in self._items if isinstance(item, Call)]

        with self._changed:
            self._changed.wait_for(lambda: calls() or self.closed, seconds)
            found = calls()
            self._items = deque(item for item in self._items if isinstance(item, Batch))
            return found
