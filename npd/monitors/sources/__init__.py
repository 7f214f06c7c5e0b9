"""Where lines come from. A source is read by one thread; `wake` may come from another."""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from npd.model import CheckState
from npd.monitors.matching import Line
from npd.state import Position


@dataclass(frozen=True, slots=True)
class Batch:
    lines: Sequence[Line] = ()
    numbers: Sequence[int] | None = None
    """Of the lines, ascending, where the source numbers them: who has seen some of them already can tell by it."""


NOTHING = Batch()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source is doing."""

    state: CheckState
    detail: str = ""


class Source(Protocol):
    """A source that cannot be opened waits and tries again; it never raises for that."""

    name: str
    lost: int
    """Lines that were there and could not be read."""

    def begin(self, positions: Sequence[Position | None]) -> None:
        """`positions`: how far each of the readers had come before a restart."""

    def read(self, timeout: float) -> Batch:
        """Waits for lines up to `timeout` seconds."""

    def position(self) -> Position | None:
        """After the last line that was read; None when it knows none."""

    def standing(self) -> Standing: ...

    def wake(self) -> None:
        """Ends a `read` that waits."""

    def close(self) -> None: ...


class Waker:
    """Waits for file descriptors, or to be woken."""

    def __init__(self) -> None:
        self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._event, select.POLLIN)

    def watch(self, descriptor: int) -> None:
        self._poll.register(descriptor, select.POLLIN)

    def forget(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)

    def wait(self, timeout: float) -> bool:
        """Whether one of the descriptors has something. Woken, it returns at once, now and from then on."""
        ready = self._poll.poll(max(0, int(timeout * 1000)))
        return any(descriptor != self._event for descriptor, _ in ready)

    def pause(self, seconds: float) -> None:
        """Waits, whatever the descriptors have."""
        select.select([self._event], [], [], seconds)

    def wake(self) -> None:
        os.eventfd_write(self._event, 1)

    def close(self) -> None:
        os.close(self._event)
