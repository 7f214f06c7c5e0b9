"""The one writer of a store: a thread that takes batches from a bounded queue and commits them, many in one
transaction.

Nothing is ever dropped: while the file cannot be written the batch in hand is tried again and `deliver`
blocks, which stops the watches from reading. A change that SQLite itself refuses is stored alone or counted
and logged, never retried for ever."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eventcenter.errors import Gone, StoreError
from eventcenter.model import Batch, Event, StoreStatus
from eventcenter.store.apply import Applied, Applier
from eventcenter.store.calls import Call, T, Task, closed
from eventcenter.store.damage import is_damage
from eventcenter.store.files import (
    DirectoryLock,
    damaged,
    database_path,
    size_bytes,
    transaction,
    unwritable,
)
from eventcenter.store.renewal import File
from eventcenter.store.signal import ChangeSignal

log = logging.getLogger(__name__)

QUEUED_BATCHES = 4
BUSY_CHANGES = 100
CHANGES_A_TRANSACTION = 2_000
LINGER_S = 0.02
"""How long a transaction waits for more changes: at 500 changes/s ten share one commit."""
LINGER_BELOW = 200
LOOK_EVERY_S = 2.0
"""Between two looks whether the file is still there."""
RETRY_S = 1.0
"""Between two tries to write to a file that refuses."""
REFUSES_A_VALUE = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    ValueError,
    OverflowError,
)
"""All other errors of SQLite are about the file or the disk, and waited out."""


class Writer:
    """EventWriter and PositionKeeper of one instance. Holds the lock on the data directory."""

    def __init__(
        self,
        data_dir: Path,
        instance: str,
        *,
        clock: Callable[[], int],
        classify: Callable[[Event], str] = lambda event: "",
    ) -> None:
        self.path = database_path(data_dir, instance)
        self._data_dir = data_dir
        self._clock = clock
        self._classify = classify
        self._lock = DirectoryLock(data_dir)
        self._file = File(self.path)
        try:
            self._connection = self._file.open()
            self._positions: dict[str, str | None] = {}
            self._applier = self._begin()
        except BaseException:
            self._lock.release()
            raise
        self.signal = ChangeSignal(self._applier.seq)
        self._queue: queue.Queue[Batch | Call[Any] | None] = queue.Queue(QUEUED_BATCHES)
        """None is the end."""
        self._closing = threading.Event()
        self._ended = False
        self._queued = 0
        self._unsettled = 0
        self._given_up = False
        self._settled = threading.Condition()
        self._written = 0
        self._duplicates = 0
        self._error: str | None = None
        self._last_commit: int | None = None
        self._fault: str | None = None
        """The damage that SQLite met in the file at hand."""
        self._stranded = False
        """There is no file to write to at the moment."""
        self._look_at = 0.0
        self._to_tell: set[str] = set()
        """Streams that have not been told yet that they must list again."""
        self._unlisted: set[str] = set()
        """Streams that have not begun to list again: what they say of their position is of the file before."""
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()
        self._salvage()

    def _begin(self) -> Applier:
        """First use of the tables."""
        try:
            applier = Applier(self._connection, self._classify, self._clock)
            self._positions = dict(self._connection.execute("SELECT stream, resource_version FROM position"))
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.OperationalError):
                raise unwritable(self.path, error) from None
            if isinstance(error, sqlite3.DatabaseError):
                raise damaged(self.path, error) from None
            raise
        return applier

    @property
    def busy(self) -> bool:
        """Whether more waits than a quiet cluster ever leaves for the next transaction: whoever can gives way."""
        return self._queued >= BUSY_CHANGES

    def position(self, stream: str) -> str | None:
        """The committed resourceVersion of the stream; None when it has to be listed first."""
        return self._positions.get(stream)

    def has_positions(self) -> bool:
        """Whether a stream of the cluster was ever taken over completely."""
        return any(position is not None for position in self._positions.values())

    def claim(self, key: str, value: str) -> str:
        """Keep `value` under `key` unless there is one already; the one that is kept. Before the first
        `deliver` only."""
        self._connection.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, value))
        (kept,) = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(kept)

    def deliver(self, batch: Batch) -> None:
        """Queue a batch; blocks while the queue is full. StoreError once closed; Gone when a new file was begun and
        the stream has to be listed again."""
        if batch.stream in self._to_tell and not batch.forget_position:
            self._to_tell.discard(batch.stream)
            raise Gone("a new database was begun")
        self._add_queued([batch], 1)
        if not self._put(batch):
            self._add_queued([batch], -1)
            raise closed()

    def call(self, task: Task[T]) -> T:
        """The result of `task`, run with the write connection in a transaction of its own; it waits for its turn among
        the batches. Keep it short: nothing is stored meanwhile. StoreError when the file refuses, or once closed."""
        call = Call(task)
        if not self._put(call):
            raise closed()
        return call.result(self._thread.is_alive)

    def _put(self, item: Batch | Call[Any]) -> bool:
        """False once closed."""
        while not self._closing.is_set():
            try:
                self._queue.put(item, timeout=0.5)
            except queue.Full:
                continue
            return True
        return False

    def flush(self, timeout: float = 60.0) -> bool:
        """Wait until everything delivered so far is committed; False when that took longer than `timeout`
        seconds."""
        with self._settled:
            return self._settled.wait_for(lambda: not self._unsettled, timeout) and not self._given_up

    def status(self) -> StoreStatus:
        return StoreStatus(
            writable=self._error is None,
            error=self._error,
            seq=self._applier.seq,
            changes_written=self._written,
            duplicates=self._duplicates,
            queued=self._queued,
            last_commit=self._last_commit,
            size_bytes=size_bytes(self.path),
            notices=self._file.notices(),
        )

    def close(self) -> None:
        """Commit what is queued, then close the file and give the data directory back. May be called
        twice."""
        if not self._closing.is_set():
            self._closing.set()
            self._queue.put(None)
        self._thread.join()
        self._file.stop()
        self._connection.close()
        self._lock.release()

    def _run(self) -> None:
        while not self._ended:
            batches, call = self._next()
            if not batches:
                self._has_file()
            # Once a batch was given up, a later one must not move the position past it.
            if batches and not self._given_up:
                self._commit_until_done(batches)
            self._add_queued(batches, -1)
            if call is not None:
                self._answer(call)

    def _answer(self, call: Call[Any]) -> None:
        if self._given_up:
            return call.refuse()
        call.run(self._connection, self.path)
        self._applier.tables_changed()

    def _add_queued(self, batches: list[Batch], sign: int) -> None:
        with self._settled:
            self._queued += sign * sum(len(batch.changes) for batch in batches)
            self._unsettled += sign * len(batches)
            if not self._unsettled:
                self._settled.notify_all()

    def _next(self) -> tuple[list[Batch], Call[Any] | None]:
        """The batches of the next transaction, and the call that comes after them; may be nothing at the end."""
        batches: list[Batch] = []
        count = 0
        try:
            item = self._queue.get(timeout=LOOK_EVERY_S)
        except queue.Empty:
            return batches, None
        deadline = time.monotonic() + LINGER_S
        while item is not None:
            if isinstance(item, Call):
                return batches, item
            batches.append(item)
            count += len(item.changes)
            if count >= CHANGES_A_TRANSACTION:
                return batches, None
            lingers = count < LINGER_BELOW and not self._closing.is_set()
            wait = deadline - time.monotonic() if lingers else 0.0
            try:
                item = self._queue.get(timeout=wait) if wait > 0 else self._queue.get_nowait()
            except queue.Empty:
                return batches, None
        self._ended = True
        return batches, None

    def _commit_until_done(self, batches: list[Batch]) -> None:
        """Try for as long as the file refuses. What is wrong with a change itself is no reason to wait."""
        while not self._given_up:
            if not self._has_file():
                self._wait_to_retry()
                continue
            try:
                batches = self._honest(batches)
                self._commit(batches)
            except REFUSES_A_VALUE as error:
                self._refused(batches, error)
                return
            except sqlite3.Error as error:
                if is_damage(error):
                    self._fault, self._stranded = str(error), True
                else:
                    self._failed(error)
                    self._wait_to_retry()
            except Exception as error:  # a bug on one event must not stop all others
                log.exception("storing failed")
                self._refused(batches, error)
                return
            else:
                self._succeeded(batches)
                return

    def _wait_to_retry(self) -> None:
        if self._closing.wait(RETRY_S):
            # The position was not committed either: the next start reads the changes again.
            self._given_up = True
            log.error("closing with changes not stored path=%s", self.path)

    def _has_file(self) -> bool:
        """Whether there is a file to write to: ours, looked at now and then, or by now another in its place."""
        if not self._stranded:
            if time.monotonic() < self._look_at:
                return True
            self._look_at = time.monotonic() + LOOK_EVERY_S
            if not (self._file.is_lost() or self._lock.is_lost()):
                return True
        self._stranded = not self._go_on_anew()
        return not self._stranded

    def _go_on_anew(self) -> bool:
        """Go on in another file. False when there cannot be one now."""
        seq = self._applier.seq
        self._unlisted |= {stream for stream in self._positions if stream.startswith("events")}
        try:
            if self._lock.is_lost():
                lost, self._lock = self._lock, DirectoryLock(self._data_dir)
                lost.release()
            if self._fault is not None or self._file.is_lost():
                self._connection = self._file.instead(self._connection, self._fault)
                self._applier = self._begin()
        except StoreError as error:
            self._failed(error)
            return False
        self._fault = None
        self._applier.seq = max(seq, self._applier.seq)  # consumers remember numbers
        self._to_tell = set(self._unlisted)
        self._salvage()
        return True

    def _salvage(self) -> None:
        self._file.salvage(self.position, self.deliver, lambda: self._queued > 0)

    def _honest(self, batches: list[Batch]) -> list[Batch]:
        """Without the positions of the file before."""
        if not self._unlisted:
            return batches
        honest = []
        for batch in batches:
            if batch.forget_position:
                self._unlisted.discard(batch.stream)
            elif batch.stream in self._unlisted:
                batch = Batch(batch.stream, batch.changes)
            honest.append(batch)
        return honest

    def _commit(self, batches: list[Batch]) -> None:
        try:
            with transaction(self._connection):
                applied = self._applier.apply(batches)
        except BaseException:
            self._applier.rolled_back()
            raise
        self._applier.committed(applied)
        self._count(applied)

    def _refused(self, batches: list[Batch], error: Exception) -> None:
        """Find the change that cannot be stored; the position only moves after the last one."""
        if len(batches) == 1 and len(batches[0].changes) <= 1:
            for change in batches[0].changes:
                log.error("an event cannot be stored uid=%.100r error=%.200r", change.event.uid, str(error))
            return
        for batch in batches:
            for change in batch.changes:
                self._commit_until_done([Batch(batch.stream, [change])])
            self._commit_until_done([Batch(batch.stream, [], batch.position, batch.forget_position)])

    def _count(self, applied: Applied) -> None:
        self._written += applied.changes
        self._duplicates += applied.duplicates
        self._last_commit = self._clock()
        if applied.changes:
            self.signal.advance(applied.newest_seq)

    def _succeeded(self, batches: list[Batch]) -> None:
        for batch in batches:
            if batch.position is not None or batch.forget_position:
                self._positions[batch.stream] = batch.position
        if self._error is not None:
            log.warning("the store can be written again path=%s", self.path)
            self._error = None

    def _failed(self, error: Exception) -> None:
        message = str(error) if isinstance(error, StoreError) else f"{self.path} cannot be written: {error}"
        if message != self._error:
            log.error("%s; collecting waits and tries again", message)
            self._error = message
