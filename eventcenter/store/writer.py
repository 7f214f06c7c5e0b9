"""The one writer of a store: a thread that takes batches from a bounded inbox and commits them, many in one
transaction.

Nothing is ever dropped: while the file cannot be written the batch in hand is tried again and `deliver`
blocks, which stops the watches from reading. What others ask to be done (`call`) is done between two tries, as deleting
may be what makes room. A change that SQLite itself refuses is stored alone or counted and logged, never retried for
ever."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from eventcenter.errors import Gone, StoreError, StoreUnwritable
from eventcenter.model import Batch, Event, StoreStatus
from eventcenter.store.apply import Applied, Applier
from eventcenter.store.calls import Call, T, Task, closed
from eventcenter.store.damage import is_damage
from eventcenter.store.files import DirectoryLock, database_path, size_bytes, transaction
from eventcenter.store.inbox import LOOK_EVERY_S, Inbox
from eventcenter.store.renewal import File
from eventcenter.store.signal import ChangeSignal

log = logging.getLogger(__name__)

BUSY_CHANGES = 100
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
        self._positions: dict[str, str | None] = {}
        self._claims: dict[str, str] = {}
        try:
            self._connection, self._applier = self._file.open(self._begin)
        except BaseException:
            self._lock.release()
            raise
        self.signal = ChangeSignal(self._applier.seq)
        self._inbox = Inbox()
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
        self._open = True
        """Whether the connection is one."""
        self._look_at = 0.0
        self._to_tell: set[str] = set()
        """Streams that have not been told yet that they must list again."""
        self._unlisted: set[str] = set()
        """Streams that have not begun to list again: what they say of their position is of the file before."""
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()
        self._salvage()

    def _begin(self, connection: sqlite3.Connection) -> Applier:
        """First use of a file: what we hold for good must be true of it, too."""
        for key, value in list(self._claims.items()):
            if (kept := _claimed(connection, key, value)) != value:
                raise StoreError(
                    f"{self.path} is of another {key} ({kept}, this one is {value})",
                    hint="Move it away, or put the right one in its place; collecting goes on by itself.",
                )
        applier = Applier(connection, self._classify, self._clock)
        self._positions = dict(connection.execute("SELECT stream, resource_version FROM position"))
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
        """Keep `value` under `key` unless there is one already; the one that is kept, also in a file that has to be
        begun later. StoreError when the file refuses."""
        kept = self.call(lambda connection: _claimed(connection, key, value))
        self._claims[key] = kept
        return kept

    def deliver(self, batch: Batch) -> None:
        """Queue a batch; blocks while the queue is full. StoreError once closed; Gone when a new file was begun and
        the stream has to be listed again."""
        if batch.stream in self._to_tell and not batch.forget_position:
            self._to_tell.discard(batch.stream)
            raise Gone("a new database was begun")
        self._add_queued([batch], 1)
        if not self._inbox.put(batch):
            self._add_queued([batch], -1)
            raise closed()

    def call(self, task: Task[T]) -> T:
        """The result of `task`, run with the write connection in a transaction of its own. It waits for its turn among
        the batches, unless they cannot be written now. Keep it short: nothing is stored meanwhile. StoreError when the
        file refuses, or once closed."""
        call = Call(task)
        if not self._inbox.put(call):
            raise closed()
        return call.result(self._thread.is_alive)

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
        self._inbox.close()
        self._thread.join()
        self._file.stop()
        self._connection.close()
        self._lock.release()

    def _run(self) -> None:
        while not self._inbox.ended:
            batches = self._inbox.batches()
            if not batches:
                self._has_file()
            # Once a batch was given up, a later one must not move the position past it.
            if batches and not self._given_up:
                self._commit_until_done(batches)
            self._add_queued(batches, -1)
            if (call := self._inbox.next_call()) is not None:
                self._answer(call)

    def _answer(self, call: Call[Any]) -> None:
        if self._given_up:
            return call.refuse(closed())
        if self._stranded:
            return call.refuse(StoreUnwritable(self._error or f"{self.path} cannot be opened"))
        call.run(self._connection, self.path)
        self._applier.tables_changed()

    def _add_queued(self, batches: list[Batch], sign: int) -> None:
        with self._settled:
            self._queued += sign * sum(len(batch.changes) for batch in batches)
            self._unsettled += sign * len(batches)
            if not self._unsettled:
                self._settled.notify_all()

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
        """Do meanwhile what others want done."""
        until = time.monotonic() + RETRY_S
        while not self._inbox.closed and (left := until - time.monotonic()) > 0:
            for call in self._inbox.early_calls(left):
                self._answer(call)
        if self._inbox.closed:
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
            self._give_up_damaged()
            if not self._open or self._file.is_lost():
                old = self._connection if self._open else None
                self._connection, self._applier = self._file.instead(old, self._begin)
                self._open = True
        except StoreError as error:
            self._failed(error)
            return False
        self._recovered()
        self._applier.seq = max(seq, self._applier.seq)  # consumers remember numbers
        self._to_tell = set(self._unlisted)
        self._salvage()
        return True

    def _give_up_damaged(self) -> None:
        if self._fault is not None:
            self._open = False
            with suppress(sqlite3.Error):
                self._connection.close()
            self._file.set_aside(self._fault)
            self._fault = None

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
        self._recovered()

    def _recovered(self) -> None:
        if self._error is not None:
            log.warning("the store can be written again path=%s", self.path)
            self._error = None

    def _failed(self, error: Exception) -> None:
        message = str(error) if isinstance(error, StoreError) else f"{self.path} cannot be written: {error}"
        if message != self._error:
            log.error("%s; collecting waits and tries again", message)
            self._error = message


def _claimed(connection: sqlite3.Connection, key: str, value: str) -> str:
    connection.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, value))
    (kept,) = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(kept)
