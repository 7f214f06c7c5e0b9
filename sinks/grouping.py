"""Gathers what happens again and again into groups and says when people are told of each: at first after a short wait,
then in growing steps, and once more when it is over.

A pure state machine: whoever calls gives the time (ms). Its state goes into the store together with the position in
the log (`dump`, `load`), so that a restart repeats nothing and forgets nothing."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import zstandard

from eventcenter.model import Event
from sinks.delivery import Item
from sinks.endings import ended_by
from sinks.group import Group, Place, severity_rank
from sinks.places import coarser, everything, place_of

MAX_GROUPS = 2000
"""Beyond, new ones are those of a reason in a namespace."""
MAX_COARSE = 500
"""Of those that come on top; beyond, all that is new goes into one."""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """When groups are told of; times in ms."""

    group_by: str = "workload"
    wait: int = 5_000
    repeat: tuple[int, ...] = (300_000, 1_800_000, 7_200_000, 21_600_000, 86_400_000)
    quiet: int = 3_600_000
    ends: bool = False
    """The end of every group is told, for systems that close what they opened; else only where there is something to
    tell besides."""

    @classmethod
    def of(cls, options: Mapping[str, Any], *, ends: bool = False) -> Plan:
        """Of the options in `common.FOR_PEOPLE`, which are in seconds."""
        return cls(
            group_by=options["group_by"],
            wait=round(options["group_wait"] * 1000),
            repeat=tuple(round(step * 1000) for step in options["repeat"]),
            quiet=round(options["quiet"] * 1000),
            ends=ends,
        )


class _State(msgspec.Struct):
    version: int
    now: int
    groups: list[Group]


class Groups:
    """`due` gives copies; `told` says that people know of one, and only then counts it as told: whatever comes in
    between stays to be told. Of one thread."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._groups: dict[str, Group] = {}
        self._now = 0

    def __len__(self) -> int:
        return len(self._groups)

    @property
    def pending(self) -> int:
        """Occurrences that wait to be told."""
        return sum(group.pending for group in self._groups.values())

    def add(self, item: Item, now: int) -> None:
        """Changes without a new occurrence tell nothing new."""
        if item.occurrences <= 0:
            return
        self._follow(now)
        place = self._with_room(place_of(item.event, self._plan.group_by))
        group = self._groups.get(place.key)
        if group is None or self._begins_anew(group, now):
            group = self._groups[place.key] = Group.opened(place, item.event, now)
        group.add(item.event, item.occurrences, now)

    def ended(self, event: Event, now: int) -> None:
        """The event may say that something is over (NodeReady after NodeNotReady). To be called for all events, also
        those that the sink's filter keeps away, after `add` of those that came with it."""
        for reason in ended_by(event):
            about = msgspec.structs.replace(event, reason=reason)
            group = self._groups.get(place_of(about, self._plan.group_by).key)
            if group is None or group.ended is not None or not group.only(event.name):
                continue
            if event.last_time >= group.newest.last_time:
                self._follow(now)
                group.ended = now

    def due(self, now: int) -> list[Group]:
        """What people are to be told of now: the most severe first, then what has waited longest. Groups that are
        over and need no word are dropped."""
        self._follow(now)
        found: list[tuple[int, int, Group]] = []
        for key, group in list(self._groups.items()):
            if not self._needs_word(group):
                if self._end(group) <= now:
                    del self._groups[key]
                continue
            if (at := self._due_at(group)) <= now:
                found.append((severity_rank(group.severity), at, self._copy(group, now)))
        found.sort(key=lambda one: one[:2])
        return [group for _, _, group in found]

    def told(self, group: Group, now: int) -> None:
        """People have been told what `group`, as `due` gave it, says."""
        self._follow(now)
        kept = self._groups.get(group.key)
        if kept is None:
            return
        if group.over and kept.pending == group.pending:
            del self._groups[group.key]
            return
        kept.tell(group, now)

    def next_due(self, now: int) -> int | None:
        """When `due` has to be asked again, not before `now`; None when nothing waits."""
        self._follow(now)
        times = [
            self._due_at(group) if self._needs_word(group) else self._end(group)
            for group in self._groups.values()
        ]
        return max(min(times), now) if times else None

    def dump(self) -> bytes:
        state = _State(_VERSION, self._now, list(self._groups.values()))
        return zstandard.compress(msgspec.msgpack.encode(state), 1)  # names repeat: a tenth of it is written

    def load(self, data: bytes) -> None:
        """In place of what is here. ValueError when the state is no state of this version."""
        try:
            state = msgspec.msgpack.decode(zstandard.decompress(data), type=_State)
        except (msgspec.DecodeError, zstandard.ZstdError, UnicodeDecodeError) as error:
            raise ValueError(f"the state of the groups cannot be read: {error}") from None
        if state.version != _VERSION:
            raise ValueError(f"the state of the groups is of version {state.version}, not {_VERSION}")
        self._now = state.now
        self._groups = {group.key: group for group in state.groups}

    def _with_room(self, place: Place) -> Place:
        if place.key in self._groups or len(self._groups) < MAX_GROUPS:
            return place
        place = coarser(place)
        if place.key in self._groups or len(self._groups) < MAX_GROUPS + MAX_COARSE:
            return place
        return everything()

    def _begins_anew(self, group: Group, now: int) -> bool:
        return group.pending == 0 and self._end(group) <= now

    def _needs_word(self, group: Group) -> bool:
        return group.pending > 0 or self._plan.ends

    def _end(self, group: Group) -> int:
        """When the group is over if nothing more comes. An event that says so is believed after the first step only,
        and so is the quiet after a message that came late: what comes and goes all the time is one thing, and is told
        of in growing steps."""
        step = self._plan.repeat[0]
        quiet = group.seen + self._plan.quiet
        end = quiet if group.ended is None else min(quiet, group.ended + step)
        return max(end, group.told_at + step) if group.told else end

    def _due_at(self, group: Group) -> int:
        end = self._end(group)
        if group.pending == 0:
            return end
        gathered = group.pending_at + self._plan.wait
        if group.is_news:
            return gathered
        steps = self._plan.repeat
        step = steps[min(group.told, len(steps)) - 1]
        return max(gathered, min(group.told_at + step, end))

    def _copy(self, group: Group, now: int) -> Group:
        copied = copy.copy(group)
        copied.names = dict(group.names)
        copied.over = group.told > 0 and self._end(group) <= now
        return copied

    def _follow(self, now: int) -> None:
        """A clock that was set back would hold everything up for as long: all times go back with it."""
        if now < self._now:
            for group in self._groups.values():
                group.shift(now - self._now)
        self._now = now
