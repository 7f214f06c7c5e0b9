"""Goes through the log of changes for one request: looks for what matches, waits for more, notices when nobody
listens any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventcenter.consuming import Turn
from eventcenter.model import StoredChange
from eventcenter.search import EVERYTHING, Node, matches, needs_raw
from eventcenter.shapes import record_shape
from web import serialize
from web.site import Site

SEARCH_SECONDS = 2.0
"""For one answer: a search that hardly anything matches reads on for so long."""
STRETCH = 500
"""Changes that are looked through together for those that match."""
SLICE_SECONDS = 1.0
"""Waiting is cut into slices, so that a stopping process and a client that left are noticed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request wants of each stretch of the log."""

    search: Node
    limit: int
    records: bool


class Follower:
    """One request's way through the log. `gone` says that its client has left."""

    def __init__(self, here: Site, wanted: Wanted, after: int, gone: Callable[[], bool], turn: Turn | None):
        self._here = here
        self._reader = here.center.reader
        self._wanted = wanted
        self._gone = gone
        self._turn = turn
        self._behind = True
        self._seen = 0
        self.after = after
        """Everything up to here has been looked at."""
        self.missed = 0
        """Changes on the way that are not stored any more."""

    def gone(self) -> bool:
        return self._gone()

    def ended(self) -> bool:
        """Whether going on has no use: the process stops, the client has left, or another has its name."""
        taken = self._turn is not None and not self._turn.is_current()
        return self._here.stopping.is_set() or taken or self._gone()

    def look(self) -> list[StoredChange]:
        """The next changes that match. Looks on for a while where none does."""
        wanted = self._wanted
        stretch = wanted.limit if wanted.search == EVERYTHING else max(wanted.limit, STRETCH)
        deadline = time.monotonic() + SEARCH_SECONDS
        while True:
            page = self._reader.read_log(self.after, stretch)
            found = self._matching(page.changes)
            cut = len(found) > wanted.limit
            found = found[: wanted.limit]
            self._go_to(found[-1].event.seq if cut else page.next, page.changes)
            self._behind = cut or len(page.changes) == stretch
            if found or not self._behind or time.monotonic() > deadline:
                return found

    def _go_to(self, number: int, changes: list[StoredChange]) -> None:
        """Numbers have no gaps: what is between and not among `changes` has been deleted."""
        self.missed += number - self.after - sum(item.event.seq <= number for item in changes)
        self.after = number

    def wait(self, seconds: float) -> bool:
        """Whether there is more to look at, waiting a slice at most. What the store announced once and did not show
        is not waited for again: a file that was replaced may show less than was announced."""
        if self._behind:
            return True
        known = max(self.after, self._seen)
        self._seen = self._reader.wait_for_change(known, min(seconds, SLICE_SECONDS))
        return self._seen > known

    def poll(self, seconds: float) -> list[StoredChange]:
        """As `look`, and waits for so long where there is nothing."""
        deadline = time.monotonic() + seconds
        found = self.look()
        while not found and not self.ended() and (left := deadline - time.monotonic()) > 0:
            if self.wait(left):
                found = self.look()
        return found

    def _matching(self, changes: list[StoredChange]) -> list[StoredChange]:
        search = self._wanted.search
        if search == EVERYTHING:
            return changes
        # Only the newest raw object of an event is kept, and none of one that retention has just taken.
        raws = self._reader.raws([item.event.seq for item in changes]) if needs_raw(search) else {}
        return [item for item in changes if matches(search, item.event, raws.get(item.event.seq))]

    def shown(self, found: list[StoredChange]) -> list[tuple[int, dict[str, Any]]]:
        """Each change in the form that was asked for, with its number. There is no record of an event that retention
        has taken since it was read."""
        if not self._wanted.records:
            return [(item.event.seq, serialize.change(item)) for item in found]
        raws = self._reader.raws([item.event.seq for item in found])
        labels = self._here.center.labels
        return [
            (item.event.seq, record_shape(item.event, raws[item.event.seq], labels))
            for item in found
            if item.event.seq in raws
        ]
