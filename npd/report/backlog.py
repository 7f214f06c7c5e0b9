"""What waits to be told, as few events as the API server should be asked to take: the same thing again counts up, and
where too much differs at once, what is similar is counted together. Nothing is left out: the sum of the counts is the
number of occurrences, and what does not fit into the bounds is counted as dropped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from npd.model import Event
from npd.report.objects import Kind, Series
from npd.report.pace import Allowance

DIFFERENT = 10
"""Different messages of one kind in `WINDOW` seconds that get events of their own, as in Kubernetes' clients."""
WINDOW = 600.0
WAITING = 2
"""Of these, how many may wait to be made beyond what can be told at once; the rest of a flood is counted together."""
QUIET = 30.0
"""Seconds without an event of its kind that make one urgent: the flood of another kind must not hold it up."""
KINDS = 500
SERIES = 64
"""Of one kind, remembered to be counted up."""
REMEMBER = 3000.0
"""Seconds after its last occurrence that an event is counted up: the cluster forgets it after an hour."""
SHORTEST, LONGEST = 1.0, 30.0
"""Seconds between two updates of one event; twice as long each time."""


@dataclass(slots=True)
class _Entry:
    series: Series
    due: float
    """When it may be told (again)."""
    gap: float = SHORTEST
    used: float = 0.0


@dataclass(slots=True)
class _Group:
    window: float
    different: int = 0
    entries: dict[str, _Entry] = field(default_factory=dict)
    """By message."""
    combined: _Entry | None = None
    used: float = 0.0
    told: float = -math.inf
    """When the last one of them was told."""

    def all(self) -> Iterator[_Entry]:
        yield from self.entries.values()
        if self.combined is not None:
            yield self.combined

    def waiting(self) -> int:
        return sum(1 for entry in self.entries.values() if not entry.series.name and entry.series.pending)


class Backlog:
    """Not for two threads at once."""

    def __init__(self, allowance: Allowance, dropped: Callable[[int], None]) -> None:
        self._allowance = allowance
        self._dropped = dropped
        self._groups: dict[Kind, _Group] = {}

    def add(self, kind: Kind, event: Event, now: float) -> None:
        group = self._group(kind, now)
        if group is None:
            return self._dropped(event.count)
        group.used = now
        entry = self._entry(group, kind, event, now)
        entry.used = now
        entry.series.add(event.time, event.count)
        entry.series.annotations |= event.annotations
        if entry.series.combined:
            entry.series.message = event.message

    def next(self, now: float) -> Series | None:
        """What to tell now, as far as the rate allows."""
        due = [
            (group.told, entry.due, number, entry.series)
            for number, (group, entry) in enumerate(self._pending_by_group())
            if entry.due <= now
        ]
        if not due:
            return None
        told, *_, series = min(due)
        return series if self._allowance.take(now, urgent=now - told >= QUIET) else None

    def told(self, series: Series, now: float) -> None:
        """It was told: again not before a while, and others first."""
        group = self._groups.get(series.kind)
        entry = next((one for one in group.all() if one.series is series), None) if group else None
        if group is not None and entry is not None:
            group.told = now
            entry.due = now + entry.gap
            entry.gap = min(LONGEST, entry.gap * 2)

    def hurry(self) -> None:
        """From now on everything may be told at once: the end is near."""
        self._allowance.lift()
        for entry in self._pending():
            entry.due = 0.0

    def wait(self, now: float) -> float:
        """Seconds until there is something to tell."""
        dues = [entry.due for entry in self._pending()]
        return max(0.0, min(dues) - now, self._allowance.wait(now)) if dues else LONGEST

    def pending(self) -> int:
        return sum(entry.series.pending for entry in self._pending())

    def _may_wait(self, group: _Group, now: float) -> bool:
        return group.waiting() < WAITING or self._waiting() < self._allowance.now(now)

    def _waiting(self) -> int:
        return sum(group.waiting() for group in self._groups.values())

    def _pending(self) -> Iterator[_Entry]:
        return (entry for _, entry in self._pending_by_group())

    def _pending_by_group(self) -> Iterator[tuple[_Group, _Entry]]:
        for group in self._groups.values():
            for entry in group.all():
                if entry.series.pending:
                    yield group, entry

    def _group(self, kind: Kind, now: float) -> _Group | None:
        group = self._groups.get(kind)
        if group is None:
            if len(self._groups) >= KINDS and not self._forget_group():
                return None
            group = self._groups[kind] = _Group(now)
        if now - group.window >= WINDOW:
            group.window, group.different = now, 0
        return group

    def _forget_group(self) -> bool:
        idle = [
            (g.used, kind) for kind, g in self._groups.items() if not any(e.series.pending for e in g.all())
        ]
        if idle:
            del self._groups[min(idle, key=lambda one: one[0])[1]]
        return bool(idle)

    def _entry(self, group: _Group, kind: Kind, event: Event, now: float) -> _Entry:
        message = "" if kind.container_id else event.message
        entry = group.entries.get(message)
        if entry is not None and (entry.series.pending or now - entry.used < REMEMBER):
            if now - entry.used > 2 * LONGEST:
                entry.gap = SHORTEST
            entry.series.message = event.message
            return entry
        if group.different < DIFFERENT and self._may_wait(group, now):
            group.different += 1
            _make_room(group)
            group.entries[message] = _Entry(Series(kind, event.message, event.time, event.time), now)
            return group.entries[message]
        if group.combined is None or (
            not group.combined.series.pending and now - group.combined.used > REMEMBER
        ):
            series = Series(kind, event.message, event.time, event.time, combined=True)
            group.combined = _Entry(series, now + SHORTEST)
        return group.combined


def _make_room(group: _Group) -> None:
    for message in [key for key, entry in group.entries.items() if not entry.series.pending]:
        if len(group.entries) < SERIES:
            return
        del group.entries[message]
