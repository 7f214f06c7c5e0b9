"""List and watch one stream for ever: whatever breaks, go on from the last change that was handed over.

    position unknown ──► list, page by page ──► watch from the list's version ──► (the connection ends)
           ▲                                             │
           └───────── 410, or a restored etcd ◄──────────┘

`watch_once` is one step of that: it lists if it has to, then watches until the connection ends, and says how
long to wait before the next step. `run` repeats it. A change counts as taken once `deliver` has returned;
until then the position stays, so that the cluster is asked for it again.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from eventcenter.errors import ClusterError, Forbidden, Gone, StoreError
from eventcenter.model import Batch, Change, ChangeType, Phase, StreamStatus
from eventcenter.ports import Clock, Deliver, PositionKeeper
from eventcenter.watch.backoff import Backoff
from eventcenter.watch.changes import Decoded, decode_lines, to_change
from eventcenter.watch.connection import Connection
from eventcenter.watch.failures import Cut, HttpFailure, Unauthorized, failure
from eventcenter.watch.handover import Handover
from eventcenter.watch.listing import Standing, read_page, standing
from eventcenter.watch.malformed import Malformed
from eventcenter.watch.session import WatchSession
from eventcenter.watch.silence import Patience
from eventcenter.watch.status import StatusBoard
from eventcenter.watch.tuning import DEFAULT_TUNING, Tuning

logger = logging.getLogger(__name__)

STOP_WITHIN = 1.9
MANY_REFUSALS = 5


@dataclass(frozen=True, slots=True)
class _Listing:
    """Where an unfinished list is, so that a broken connection does not start it again."""

    token: str = ""
    version: str = ""


def stream_name(namespace: str | None) -> str:
    return f"events/{namespace}" if namespace else "events"


class Watcher:
    """One list+watch of events, of the whole cluster or of one namespace."""

    def __init__(
        self,
        connection_factory: Callable[[], Connection],
        stream: str,
        namespace: str | None,
        deliver: Deliver,
        positions: PositionKeeper,
        clock: Clock,
        tuning: Tuning = DEFAULT_TUNING,
    ) -> None:
        self._connection_factory = connection_factory
        self._stream = stream
        self._namespace = namespace
        self._positions = positions
        self._clock = clock
        self._tuning = tuning
        self._board = StatusBoard(stream)
        self._malformed = Malformed(stream)
        self._backoff = Backoff(tuning.backoff, tuning.backoff_at_most)
        self._gone_backoff = Backoff(tuning.backoff, tuning.backoff_at_most)
        self._patience = Patience(tuning.silence, tuning.silence_at_most)
        self._connection: Connection | None = None
        self._loaded = False
        self._position: str | None = None
        self._listing = _Listing()
        self._unsure = False
        """The position may be from before a restored etcd: ask before a watch is opened on it."""
        self._suspect: str | None = None
        """How far the cluster was when the last watch was given up for its silence."""
        self._renewed = False
        """Fresh credentials have been tried against a 401."""
        self._refusals = 0
        self._opened_at: float | None = None
        self._progress = False
        self._stop = threading.Event()
        self._handover = Handover(deliver, self._board, clock, self._stop, tuning)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name=f"watch-{self._stream}", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Watch until `stop` is called or the store is closed."""
        while not self._stop.is_set():
            try:
                delay = self.watch_once()
            except Exception as error:  # the one place where the loop has to survive a bug
                logger.exception("watch failed stream=%s", self._stream)
                delay = self._failed(ClusterError(f"unexpected {type(error).__name__}: {error}"))
            self._stop.wait(delay)
        self._disconnect()
        self._board.update(phase=Phase.STOPPED, connected_since=None, retry_at=None)

    def stop(self) -> None:
        """End the watch; returns within two seconds even when its thread hangs in a connect."""
        self._stop.set()
        connection = self._connection
        if connection is not None:
            connection.interrupt()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(STOP_WITHIN)
        if self._thread is None:
            self._disconnect()

    def status(self) -> StreamStatus:
        return self._board.read()

    def watch_once(self) -> float:
        """List if need be, then watch until the connection ends. The seconds to wait before the next time."""
        self._progress = False
        self._opened_at = None
        try:
            self._load_position()
            connection = self._connected()
            self._check_position(connection)
            if self._position is None:
                self._list(connection)
            self._watch(connection)
            return 0.0
        except StoreError:  # it was closed: nobody takes the changes any more
            self._stop.set()
            return 0.0
        except ClusterError as error:
            if self._stop.is_set():
                return 0.0
            return self._gone(error) if isinstance(error, Gone) else self._failed(error)

    def _load_position(self) -> None:
        if not self._loaded:
            self._position = self._positions.position(self._stream)
            self._unsure = True
            self._loaded = True

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._connection_factory()
        if self._stop.is_set():
            self._connection.interrupt()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _check_position(self, connection: Connection) -> None:
        if self._unsure and self._position is not None:
            session = self._session(connection, 1)
            if session.standing() is Standing.AHEAD:
                raise session.ahead()
        self._unsure = False

    def _session(self, connection: Connection, seconds: int) -> WatchSession:
        return WatchSession(
            connection,
            self._namespace,
            lambda: self._position or "",
            self._patience,
            self._malformed,
            seconds,
        )

    def _list(self, connection: Connection) -> None:
        self._board.update(phase=Phase.LISTING)
        while self._position is None:
            page = read_page(connection, self._namespace, self._listing.token, self._tuning.page)
            version = self._listing.version or page.version
            received = self._clock()
            candidates = (to_change(ChangeType.ADDED, item, received, self._malformed) for item in page.items)
            changes = [change for change in candidates if change is not None]
            self._deliver(Batch(self._stream, changes, position=None if page.next else version))
            self._board.update(error=None, retry_at=None)
            self._listing = _Listing(page.next, version) if page.next else _Listing()
            self._took(changes, received)
        logger.info("listed stream=%s version=%s", self._stream, self._position)

    def _watch(self, connection: Connection) -> None:
        seconds = random.randint(self._tuning.watch_at_least, self._tuning.watch_at_most)
        session = self._session(connection, seconds)
        try:
            silent = session.run(self._opened, self._take)
        except HttpFailure as error:
            self._refused(error)
            raise
        self._suspect = session.newest if silent else None

    def _refused(self, error: HttpFailure) -> None:
        """A server says 500, not 410, to a position that it cannot read, and to an object that it cannot decode:
        only a new list leads past those."""
        self._refusals = self._refusals + 1 if error.status == 500 and not self._progress else 0
        if self._refusals >= MANY_REFUSALS:
            self._refusals = 0
            raise Gone(f"the position {self._position} is refused again and again: {error}")

    def _opened(self) -> None:
        self._opened_at = time.monotonic()
        self._renewed = False
        self._board.update(
            phase=Phase.WATCHING,
            established=True,
            connected_since=self.status().connected_since or self._clock(),
            error=None,
            retry_at=None,
        )

    def _take(self, lines: list[bytes]) -> None:
        received = self._clock()
        decoded = decode_lines(lines, received, self._malformed)
        if decoded.changes or decoded.position not in (None, self._position):
            self._was_it_stalled(decoded)
            self._deliver(Batch(self._stream, decoded.changes, position=decoded.position))
            self._patience.reset()
            self._gone_backoff.reset()
        self._took(decoded.changes, received)
        added = [change for change in decoded.changes if change.type is ChangeType.ADDED]
        if added:
            self._board.update(lag_ms=max(0, received - added[-1].event.last_time))
        if decoded.error is not None:
            code = decoded.error.get("code")
            status = code if isinstance(code, int) else 500
            raise failure(status, {}, decoded.error, verb="watch", namespace=self._namespace)

    def _was_it_stalled(self, decoded: Decoded) -> None:
        """Was the next change there already when the silent watch was given up? Then that watch was dead."""
        suspect, self._suspect = self._suspect, None
        if suspect and decoded.changes:
            first = decoded.changes[0].resource_version
            if standing(first, suspect) is not Standing.AHEAD:
                logger.warning("watch was stalled stream=%s", self._stream)
                self._board.update(reconnects=self.status().reconnects + 1, connected_since=self._clock())

    def _took(self, changes: list[Change], received: int) -> None:
        self._progress = True
        self._backoff.reset()
        fields = {"malformed": self._malformed.count}
        if changes:
            fields["last_change"] = received
        self._board.update(**fields)

    def _deliver(self, batch: Batch) -> None:
        self._handover(batch)
        if batch.position is not None or batch.forget_position:
            self._position = batch.position

    def _gone(self, error: Gone) -> float:
        """The position is useless: list again, at once unless the last list led nowhere."""
        logger.warning("listing again stream=%s reason=%s", self._stream, error)
        self._listing = _Listing()
        self._suspect = None
        if self._lived_long():
            self._gone_backoff.reset()
        first = not self._gone_backoff.failures
        delay = self._gone_backoff.next()
        self._board.update(
            phase=Phase.LISTING, connected_since=None, error=str(error), relists=self.status().relists + 1
        )
        try:
            self._deliver(Batch(self._stream, [], forget_position=True))
        except StoreError:
            self._stop.set()
        return 0.0 if first else delay

    def _failed(self, error: ClusterError) -> float:
        """Show the error and say when to try again."""
        delay = self._delay(error)
        if not isinstance(error, HttpFailure | Cut):
            self._disconnect()  # reading all files again may cure it: a renewed token, certificate or address
        self._unsure = self._unsure or self._opened_at is None
        self._suspect = None
        logger.warning("watch failed stream=%s retry_in=%.1f error=%s", self._stream, delay, error)
        self._board.update(
            phase=Phase.RETRYING,
            error=str(error),
            connected_since=None,
            retry_at=self._clock() + int(delay * 1000),
            reconnects=self.status().reconnects + (self._opened_at is not None),
        )
        return delay

    def _delay(self, error: ClusterError) -> float:
        if isinstance(error, Unauthorized) and not self._renewed:
            self._renewed = True
            return 0.0
        if isinstance(error, Forbidden):
            return self._backoff.next(self._tuning.forbidden_at_most)
        if self._lived_long():
            self._backoff.reset()
        wait = 0.0 if self._progress else self._backoff.next()
        asked = error.retry_after if isinstance(error, HttpFailure) else None
        return max(wait, asked or 0.0)

    def _lived_long(self) -> bool:
        opened = self._opened_at
        return opened is not None and time.monotonic() - opened > self._tuning.long_enough
