"""One sink at work: a thread that reads the log of changes from where the sink is and brings what its filter accepts.

The position moves only past what the destination has, and is kept in the store: at least once, in order, from where it
stopped, after hours or a restart. A sink that cannot deliver waits here alone; all that grows is the number by which it
is behind. What comes out of the log goes to `Forwarder` (events to systems) or to `Teller` (messages to people)."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

from eventcenter.errors import EventCenterError
from eventcenter.forwarded import DeadLetter
from eventcenter.model import StoredChange
from eventcenter.ports import ChangeLog, Clock, DeliveryKeeper
from sinks.delivery import DeliveryError, Item, TryAgain
from sinks.patience import Patience
from sinks.settings import SinkSettings
from sinks.tally import Tally

log = logging.getLogger(__name__)

PAGE = 500
"""Changes that are read at once."""
PIECE_CHARS = 2_000_000
"""Of messages, in what is handed over at once: a few events may be huge, and memory is bounded."""
LOOK_S = 0.5
"""Between two looks whether to stop while nothing happens."""
KEEP_EVERY_S = 0.5
"""So often the position is written while deliveries go well: what a kill makes come twice is less than that."""
DRAIN_S = 3.0


class Courier(ABC):
    def __init__(self, settings: SinkSettings, log: ChangeLog, keeper: DeliveryKeeper, now: Clock) -> None:
        self.settings = settings
        self._log = log
        self._keeper = keeper
        self._now = now
        self.tally = Tally(settings, now)
        self._stopping = threading.Event()
        self._drain_until = 0.0
        self._patience = Patience(self._stopping)
        self._dead: list[DeadLetter] = []
        self._kept_at = 0.0
        self._kept = -1
        self._again = threading.Event()
        self._again.set()
        self._thread = threading.Thread(target=self._run, name=f"sink-{settings.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Deliver what is there already, for a few seconds at most; what is left stays in the log."""
        self._drain_until = time.monotonic() + DRAIN_S
        self._stopping.set()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)
        if self._thread.is_alive():
            log.warning(
                "a delivery does not end; it is repeated at the next start sink=%s", self.settings.name
            )

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._begin()
                while self._goes_on():
                    self._round()
                break
            except EventCenterError as error:
                self._stumbled(TryAgain(str(error)))
            except Exception as error:
                log.exception("a sink met a defect and goes on sink=%s", self.settings.name)
                self._stumbled(TryAgain(f"unexpected {type(error).__name__}"))
        self._end()

    def _goes_on(self) -> bool:
        if not self._stopping.is_set():
            return True
        return time.monotonic() < self._drain_until and self.tally.healthy and self._is_behind()

    def _is_behind(self) -> bool:
        return self._log.wait_for_change(self.tally.seq, 0) > self.tally.seq

    def send_again(self) -> None:
        """There are dead letters to be sent again."""
        self._again.set()

    def _letters_again(self) -> Iterator[tuple[DeadLetter, list[Item]]]:
        """Those that wait to be sent again, each with its item; with none where the event has been deleted."""
        for letter in self._keeper.dead_letters(self.settings.name, again=True):
            found = self._log.read_log(letter.seq - 1, 1).changes
            there = found if found and found[0].event.seq == letter.seq else []
            pieces = list(self._items(there, with_raw=self.settings.kind.needs_raw))
            yield letter, pieces[0] if pieces else []

    def _stumbled(self, error: DeliveryError) -> bool:
        """Wait before the next try. False when it is time to stop."""
        return self._patience.wait(self._failed(error))

    def _failed(self, error: DeliveryError) -> float:
        """Tell of a delivery that did not get through; the seconds until the next try."""
        delay = self._patience.delay(error)
        if self.tally.healthy:
            log.warning(
                "a sink waits sink=%s seconds=%.0f error=%s",
                self.settings.name,
                delay,
                self.settings.hide(str(error)),
            )
        self.tally.waits(error, delay)
        return delay

    def _delivered(self, count: int) -> None:
        if not self.tally.healthy:
            log.info("a sink delivers again sink=%s", self.settings.name)
        self._patience.succeeded()
        self.tally.took(count)

    def _begin(self) -> None:
        """Take up the position; a new sink gets one, so that it is the same after a restart."""
        position = self._keeper.position(self.settings.name)
        if position is None:
            position = self._first()
        self.tally.seq = position
        self._keep()

    def _first(self) -> int:
        start = self.settings["start"]
        if start == "oldest":
            return 0
        if start == "now":
            return self._log.wait_for_change(-1, 0)
        return self._log.before_time(self._now() - round(start * 1000))

    @abstractmethod
    def _round(self) -> None:
        """Take what comes next in the log and do what is to be done, waiting a little where there is nothing."""

    @abstractmethod
    def _close(self) -> None: ...

    def _end(self) -> None:
        try:
            if self._kept != self.tally.seq or self._dead:
                self._keep()
        except EventCenterError as error:
            log.warning("the position of a sink was not kept sink=%s error=%s", self.settings.name, error)
        self._close()
        self.tally.stopped()

    def _state(self) -> bytes | None:
        """What is kept beside the position."""
        return None

    def _keep(self) -> None:
        dead, self._dead = self._dead, []
        try:
            self._keeper.keep(self.settings.name, self.tally.seq, self._now(), state=self._state(), dead=dead)
        except EventCenterError:
            self._dead = dead + self._dead
            raise
        self._kept, self._kept_at = self.tally.seq, time.monotonic()

    def _keep_now_and_then(self) -> None:
        moved = self._kept != self.tally.seq
        if self._dead or (moved and time.monotonic() - self._kept_at >= KEEP_EVERY_S):
            self._keep()

    def _bury(self, item: Item, reason: str) -> None:
        """Into the dead letters, and on with the next."""
        reason = self.settings.hide(reason)[:500]
        event = item.event
        log.warning(
            "an event was refused for good sink=%s seq=%d error=%s", self.settings.name, event.seq, reason
        )
        self.tally.refused(reason)
        self._dead.append(
            DeadLetter(
                id=0,
                sink=self.settings.name,
                seq=event.seq,
                about=about(item),
                reason=reason,
                refused=self._now(),
            )
        )

    def _items(self, changes: list[StoredChange], *, with_raw: bool) -> Iterator[list[Item]]:
        """What the filter accepts, in pieces that fit into memory and into what the destination takes."""
        wanted = self.settings.filter
        if not wanted.needs_raw:
            changes = [change for change in changes if wanted.accepts(change.event, {})]
        for piece in _pieces(changes, max(self.settings.batch, 1)):
            raws = self._raws(piece) if with_raw or wanted.needs_raw else {}
            items = [
                Item(change.event, change.occurrences, raws.get(change.event.seq, {}))
                for change in piece
                if not raws or change.event.seq in raws  # else it has been deleted meanwhile
            ]
            if wanted.needs_raw:
                items = [item for item in items if wanted.accepts(item.event, item.raw)]
            if items:
                yield items

    def _raws(self, piece: list[StoredChange]) -> dict[int, dict[str, object]]:
        return self._log.raws([change.event.seq for change in piece])


def about(item: Item) -> str:
    event = item.event
    name = f"{event.namespace}/{event.name}" if event.namespace else event.name
    return f"{event.level} {event.reason} {event.kind} {name}: {event.message[:200]}"


def _pieces(changes: list[StoredChange], most: int) -> Iterator[list[StoredChange]]:
    piece: list[StoredChange] = []
    size = 0
    for change in changes:
        length = len(change.event.message)
        if piece and (len(piece) >= most or size + length > PIECE_CHARS):
            yield piece
            piece, size = [], 0
        piece.append(change)
        size += length
    if piece:
        yield piece
