"""The nouns of usage: what is stored, by day and by value, and what a retention would delete. Times in ms, UTC."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from eventcenter.model import Retention


class Amount(msgspec.Struct, frozen=True):
    """What some events come to. `events` and `occurrences` are exact; `bytes` is their share of the file."""

    events: int = 0
    occurrences: int = 0
    bytes: int = 0

    def __add__(self, more: Amount) -> Amount:
        return Amount(self.events + more.events, self.occurrences + more.occurrences, self.bytes + more.bytes)


def added_up(amounts: Iterable[Amount]) -> Amount:
    return sum(amounts, Amount())


class DayUsage(msgspec.Struct, frozen=True):
    """One day in UTC, beginning at `time`: the events that stand there, what occurred in it, by level."""

    time: int
    levels: dict[str, Amount]

    @property
    def amount(self) -> Amount:
        return added_up(self.levels.values())


class NamedUsage(msgspec.Struct, frozen=True):
    value: str
    """Empty: the events without one, as those about Nodes have no namespace."""
    amount: Amount
    share: float
    """Of the bytes of the range, 0 to 1."""


class PairUsage(msgspec.Struct, frozen=True):
    namespace: str
    reason: str
    amount: Amount
    """Bytes at the mean of the reason: sizes are kept by one dimension at a time."""


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of the file and of the disk that it lies on."""

    file: int
    used: int
    """Of the file; the rest is room for what comes next."""
    disk_free: int
    """What this process may still write."""
    disk_total: int

    @property
    def free(self) -> int:
        return self.file - self.used

    @property
    def room(self) -> int:
        """What can be added before the disk is full."""
        return self.free + self.disk_free


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored: in all, and in the whole days (UTC) of a range."""

    now: int
    space: Space
    total: dict[str, Amount]
    """Everything that is stored, by level."""
    since: int | None
    """The quarter of an hour in which the oldest of it happened; None when nothing is stored."""
    history: list[DayUsage]
    """The days of which something is stored, oldest first."""
    days: list[DayUsage]
    """The days of the range without gaps, from the first of which something is stored."""
    namespaces: list[NamedUsage]
    reasons: list[NamedUsage]
    kinds: list[NamedUsage]
    """Of `days`, most bytes first."""
    pairs: list[PairUsage]
    """The largest pairs of namespace and reason of the newest of `days`, from `pairs_from` on."""
    pairs_from: int


class DayGoing(msgspec.Struct, frozen=True):
    """Events of one day in UTC and one level that would go."""

    time: int
    level: str
    events: int


class Going(msgspec.Struct, frozen=True, kw_only=True):
    """What a retention would delete now."""

    kept: Retention
    days: list[DayGoing]
    events: int
    stored: int
    """Events in all."""
    freed: int
    """Bytes, estimated: room inside the file."""
