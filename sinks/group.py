"""One group: what is told together, and what of it has been told."""

from __future__ import annotations

from typing import Literal

import msgspec

from eventcenter.model import Event
from eventcenter.rules import SEVERITIES, Severity, built_in

MAX_NAMES = 30
"""Names that a group keeps of its objects; the occurrences of others are only counted."""
MAX_TEXT = 1000
"""Characters of an event's message, or of any other text of it, that are kept."""
By = Literal["object", "workload", "reason", "all"]


def severity_of(problem: str, level: str) -> Severity:
    """Of the catalogue, where the event is a known problem."""
    if (known := built_in().problems.get(problem)) is not None:
        return known.severity
    return "info" if level == "Normal" else "medium"


def severity_rank(severity: Severity) -> int:
    """0 for the most severe."""
    return SEVERITIES.index(severity)


class Place(msgspec.Struct, frozen=True):
    """Which group an event belongs to."""

    key: str
    by: By
    """What the group holds together."""
    instance: str = ""
    namespace: str = ""
    kind: str = ""
    """Of the object, or of the workload where that is clear."""
    name: str = ""
    """Of the object or the workload."""
    reason: str = ""


class Group(msgspec.Struct):
    """Times that end in `_at`, `seen` and `ended` are of the clock, the others of the events; all in ms."""

    place: Place
    newest: Event
    severity: Severity
    """The worst of its events."""
    problem: str
    """Of the event that is so severe."""
    level: str
    """With `first_problem` as the group began: labels may not change while it goes on."""
    first_problem: str
    since: int
    """Of its first occurrence."""
    seen: int
    total: int = 0
    """Occurrences since it began."""
    pending: int = 0
    """Of these, not told yet."""
    pending_since: int = 0
    pending_at: int = 0
    names: dict[str, int] = {}
    """Occurrences not told yet by object."""
    unnamed: int = 0
    """Of these, those of objects that are not in `names`."""
    several: bool = False
    """More than one object had occurrences since it began."""
    told: int = 0
    """Messages about it so far."""
    told_at: int = 0
    told_severity: Severity = "info"
    """The worst that people know of."""
    ended: int | None = None
    """When an event said that it is over."""
    over: bool = False
    """What is told is its end."""

    @property
    def key(self) -> str:
        return self.place.key

    @classmethod
    def opened(cls, place: Place, event: Event, now: int) -> Group:
        return cls(
            place=place,
            newest=slim(event),
            severity=severity_of(event.problem, event.level),
            problem=event.problem,
            level=event.level,
            first_problem=event.problem,
            since=event.last_time,
            seen=now,
        )

    def add(self, event: Event, occurrences: int, now: int) -> None:
        start = event.first_time if occurrences >= event.count else event.last_time
        if self.pending == 0:
            self.pending_at, self.pending_since = now, start
        self.since = min(self.since, start)
        self.pending_since = min(self.pending_since, start)
        self.pending += occurrences
        self.total += occurrences
        self.seen = now
        self.ended = None
        kept = slim(event)
        self.several |= kept.name != self.newest.name
        self._add_name(kept.name, occurrences)
        if severity_rank(worse := severity_of(event.problem, event.level)) < severity_rank(self.severity):
            self.severity, self.problem = worse, event.problem
        if event.last_time >= self.newest.last_time:
            self.newest = kept

    def _add_name(self, name: str, occurrences: int) -> None:
        if name in self.names or len(self.names) < MAX_NAMES:
            self.names[name] = self.names.get(name, 0) + occurrences
        else:
            self.unnamed += occurrences

    @property
    def is_news(self) -> bool:
        """Nobody has been told, or it has become worse since."""
        return self.told == 0 or severity_rank(self.severity) < severity_rank(self.told_severity)

    def only(self, name: str) -> bool:
        """Whether it is about this object alone."""
        return not self.several and self.newest.name == name

    def tell(self, told: Group, now: int) -> None:
        """What `told`, an earlier copy of this group, says is known now."""
        self.pending -= told.pending
        self.unnamed -= told.unnamed
        self.names = {
            name: left for name, count in self.names.items() if (left := count - told.names.get(name, 0)) > 0
        }
        self.told, self.told_at, self.told_severity = self.told + 1, now, told.severity
        if self.pending:
            self.pending_at, self.pending_since = now, self.newest.last_time
            if told.over:
                self.told, self.total, self.since = 0, self.pending, self.pending_since

    def shift(self, by: int) -> None:
        """The clock was set to another time."""
        self.seen += by
        self.pending_at += by
        self.told_at += by
        if self.ended is not None:
            self.ended += by


def slim(event: Event) -> Event:
    """As it is kept: a message may be 1.5 MB, and the state is written again and again."""
    changed = {
        name: kept
        for name in event.__struct_fields__
        if isinstance(text := getattr(event, name), str) and (kept := bounded(text, MAX_TEXT)) is not text
    }
    return msgspec.structs.replace(event, **changed) if changed else event


def bounded(text: str, most: int) -> str:
    """Cut, and without halves of surrogate pairs, which cannot be written."""
    if len(text) <= most and text.isascii():
        return text
    return text[:most].encode("utf-8", "replace").decode()
