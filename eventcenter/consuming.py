"""Named consumers: who asks for changes by a name, and how far each has acknowledged them.

A consumer acknowledges an answer by asking for the next. Only that moves the position that is kept: what an answer
delivered is remembered here alone, so that after a restart it is delivered again, and an idle consumer writes nothing.
At least once, never at most: a request that is not sure of the answer before says so (`again`), or says itself how far
it has come (`after`). Whoever asks last under a name has it; a request that still waits under that name ends.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from eventcenter.errors import ConsumerConflict, NotFoundError, QuerySyntaxError
from eventcenter.model import ConsumerStatus, KeptPosition
from eventcenter.ports import Clock, ConsumerPositions

MAX_CONSUMERS = 1000
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
TOUCH_MS = 600_000
"""So often at most is written that a consumer has asked, where its position stays."""


def parse_name(text: str) -> str:
    """The name of a consumer; QuerySyntaxError for any other text."""
    if not re.fullmatch(NAME, text):
        raise QuerySyntaxError(
            f"consumer {text[:80]!r} is not a name",
            hint="Give 1 to 100 letters, digits, `.`, `_` and `-`, a letter or digit first.",
        )
    return text


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request under a name says. `after` acknowledges everything up to it, and nothing behind it; `again`
    acknowledges nothing."""

    search: str = ""
    after: int | None = None
    again: bool = False


@dataclass(slots=True)
class _Session:
    """What is known of a consumer since the start."""

    name: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    position: int | None = None
    """As kept; None: not read yet."""
    written: int = 0
    """When that was written (ms)."""
    delivered: int | None = None
    """How far the last answer went."""
    turn: int = 0
    asked: int = 0
    search: str | None = None


class Turn:
    """One request or stream of a consumer, for as long as nobody else asks under its name."""

    def __init__(self, session: _Session, number: int, after: int, keep: Callable[[_Session, int], None]):
        self._session = session
        self._number = number
        self._keep = keep
        self.after = after
        """Deliver what comes after this."""

    def is_current(self) -> bool:
        return self._session.turn == self._number

    def check(self) -> None:
        """ConsumerConflict when somebody else has the name by now."""
        if not self.is_current():
            raise ConsumerConflict(
                f"another request has the consumer {self._session.name} now",
                hint="Give each program a name of its own, and ask again when the answer before has come.",
            )

    def deliver(self, upto: int) -> None:
        """An answer goes out that goes up to this number; the next request acknowledges it. Raises as `check`."""
        with self._session.lock:
            self.check()
            self._session.delivered = upto

    def undo(self) -> None:
        """The answer did not get out."""
        with self._session.lock:
            if self.is_current():
                self._session.delivered = None

    def acknowledge(self, upto: int) -> None:
        """Of a stream that goes on. Raises as `check`."""
        with self._session.lock:
            self.check()
            self._keep(self._session, upto)


class Consumers:
    """All named consumers of a store. Any thread."""

    def __init__(self, positions: ConsumerPositions, newest: Callable[[], int], now: Clock) -> None:
        self._positions = positions
        self._newest = newest
        self._now = now
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, asked: Asked, start: Callable[[], int]) -> Turn:
        """A request under `name`: acknowledges what the answer before delivered and says what to deliver now. A name
        that is not known yet begins where `start` says."""
        newest = self._newest()
        if asked.after is not None and asked.after > newest:
            raise QuerySyntaxError(
                f"after {asked.after} is beyond the newest change, {newest}",
                hint="If the store was replaced, go on with after=oldest or a time.",
            )
        session = self._session(name)
        try:
            with session.lock:
                return self._turn(session, asked, start)
        finally:
            if session.position is None:  # it could not be begun: the name is free
                with self._lock:
                    self._sessions.pop(name, None)

    def _turn(self, session: _Session, asked: Asked, start: Callable[[], int]) -> Turn:
        if session.position is None:
            position = asked.after if asked.after is not None else start()
        else:
            position = _acknowledged(session, asked)
        self._keep(session, position)
        session.turn += 1
        session.delivered = None
        session.asked, session.search = self._now(), asked.search
        return Turn(session, session.turn, position, self._keep)

    def _session(self, name: str) -> _Session:
        with self._lock:
            session = self._sessions.get(name)
            if session is None:
                kept = {item.name: item for item in self._positions.kept()}
                if name not in kept and len(kept.keys() | self._sessions.keys()) >= MAX_CONSUMERS:
                    raise ConsumerConflict(
                        f"there are {MAX_CONSUMERS} consumers already",
                        hint="GET /api/v1/consumers lists them; DELETE /api/v1/consumers/NAME forgets one.",
                    )
                session = self._sessions[name] = _Session(name)
                if name in kept:
                    session.position, session.written = kept[name].seq, kept[name].updated
            return session

    def _keep(self, session: _Session, position: int) -> None:
        now = self._now()
        if position != session.position or not 0 <= now - session.written < TOUCH_MS:
            self._positions.keep(session.name, position, now)
            session.position, session.written = position, now

    def list(self) -> list[ConsumerStatus]:
        """By name."""
        newest, now = self._newest(), self._now()
        return [self._status(item, newest, now) for item in self._positions.kept()]

    def _status(self, kept: KeptPosition, newest: int, now: int) -> ConsumerStatus:
        session = self._sessions.get(kept.name)
        since = kept.waiting_since
        return ConsumerStatus(
            name=kept.name,
            seq=kept.seq,
            lag=max(0, newest - kept.seq),
            lag_ms=0 if since is None else max(0, now - since),
            asked=max(kept.updated, session.asked if session else 0),
            search=session.search if session else None,
        )

    def forget(self, name: str) -> None:
        """NotFoundError when there is none. A request that waits under the name ends."""
        with self._lock:
            session = self._sessions.pop(name, None)
        if session is not None:
            with session.lock:
                session.turn += 1
        if not self._positions.forget(name):
            raise NotFoundError(
                f"there is no consumer {name[:100]!r}", hint="GET /api/v1/consumers lists them."
            )


def _acknowledged(session: _Session, asked: Asked) -> int:
    assert session.position is not None
    if asked.after is not None:
        return asked.after
    if asked.again or session.delivered is None:
        return session.position
    return max(session.position, session.delivered)
