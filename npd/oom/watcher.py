"""Puts the lines of OOM reports together. A path and its kill are tied by pid, before 5.0 by order. Where the kernel
left the path out (it prints ten reports in five seconds), the Pod stays unknown: a name is never taken for a proof."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from npd.model import Event
from npd.oom.cgroups import place
from npd.oom.incident import LimitHit, OomKill, events
from npd.oom.lines import Chosen, Group, Invoked, Kill, Killed, Usage, parse

_HOLD = 0.5
"""Seconds of quiet that a kill is held back for: the line that makes it the kill of a group comes after the first
victim's, and one line for each further victim after that."""
_GROUP_GAP = 2.0
"""Seconds, by the times of the lines, in which a line may still belong to the kill before it."""
_REMEMBERED = 60.0
"""Seconds in which a path waits for its kill, and in which the same line again is the same kill read twice."""
_MOST = 256
"""Paths and kills remembered at once."""


@dataclass(slots=True)
class _Awaited:
    chosen: Chosen
    usage: Usage | None
    time: float


@dataclass(slots=True)
class _Open:
    """The incident that the next line may still belong to."""

    kill: OomKill
    path: str
    last: float
    """Time of its last line."""
    group: str = ""
    """Path of the cgroup that dies as a whole; empty for a single process."""
    asked: float | None = None
    """When `flush` first saw it as it is. The times of lines and of clocks are never compared."""

    def joins(self, time: float) -> bool:
        return abs(time - self.last) <= _GROUP_GAP

    def grow(self, time: float) -> None:
        self.last, self.asked = time, None


class OomWatcher:
    """Feed it every line of the kernel log in order; it gives the events of the kills that are complete.

    `node` is named in the messages. `node_events` is off where an OOMKilling rule makes the node's events already.
    `tell` gets each complete `OomKill`, for who wants more than events. Not for use by two threads at once."""

    def __init__(
        self, node: str = "", *, node_events: bool = True, tell: Callable[[OomKill], None] | None = None
    ) -> None:
        self._node = node
        self._node_events = node_events
        self._tell = tell
        self._usage: Usage | None = None
        self._by_pid: dict[int, _Awaited] = {}
        self._by_order: _Awaited | None = None
        self._sacrificed: _Awaited | None = None
        self._open: _Open | None = None
        self._seen: dict[tuple[int, str], float] = {}

    def feed(self, line: str, time: float) -> list[Event]:
        """`time` is the line's own, in seconds since 1970. Events of kills that this line shows to be complete."""
        match parse(line):
            case None:
                held = self._open
                return self._close() if held is not None and time - held.last > _GROUP_GAP else []
            case Killed() as killed:
                return self._killed(killed, time)
            case Group(path):
                return self._group(path, time)
            case Kill() as kill:
                self._kill(kill, time)
                return []
            case Invoked():
                self._usage = self._by_order = self._sacrificed = None
            case Usage() as usage:
                self._usage = usage
            case Chosen() as chosen:
                self._chosen(chosen, time)
        return self._close()

    def flush(self, now: float = math.inf) -> list[Event]:
        """Events of the kill that nothing was added to since the last call, if that was `_HOLD` seconds ago. To be
        called about twice a second, with any clock; without `now` at the end of the lines."""
        held = self._open
        if held is None:
            return []
        if held.asked is None:
            held.asked = now
        return self._close() if now == math.inf or now - held.asked >= _HOLD else []

    def _kill(self, kill: Kill, time: float) -> None:
        awaited = self._by_pid.pop(kill.pid, None) or self._by_order
        self._by_order = None
        fits = awaited is not None and kill.of_cgroup and time - awaited.time <= _REMEMBERED
        self._sacrificed = awaited if fits else None

    def _chosen(self, chosen: Chosen, time: float) -> None:
        awaited = _Awaited(chosen, self._usage, time)
        self._usage = None
        if chosen.pid is None:
            # In the old format the usage lines come after the path, so they are looked up when the kill comes.
            self._by_order = awaited
            return
        _forget_oldest(self._by_pid)
        self._by_pid[chosen.pid] = awaited

    def _killed(self, killed: Killed, time: float) -> list[Event]:
        if self._repeated(killed, time):
            return []
        awaited = self._by_pid.pop(killed.pid, None)
        if awaited is not None and time - awaited.time > _REMEMBERED:
            awaited = None  # the pid is another process by now
        awaited = awaited or self._sacrificed
        self._sacrificed = self._by_order = None
        held = self._open
        if awaited is None and held is not None and _same_group(held, killed, time):
            held.kill.victims.append(killed)
            held.grow(time)
            return []
        told = self._close()
        kill = self._incident(awaited, killed, time)
        kill.victims.append(killed)
        self._open = _Open(kill, awaited.chosen.victim_path if awaited else "", time)
        return told

    def _repeated(self, killed: Killed, time: float) -> bool:
        """The same line in two logs, or a victim that its group's kill names once more."""
        held = self._open
        if held is not None and held.group and killed.pid in held.kill.pids:
            return True
        key = (killed.pid, killed.text[len(killed.prefix) :])
        before = self._seen.pop(key, None)
        _forget_oldest(self._seen)
        self._seen[key] = time
        return before is not None and abs(time - before) <= _REMEMBERED

    def _incident(self, awaited: _Awaited | None, killed: Killed | None, time: float) -> OomKill:
        if awaited is None:
            return OomKill(time, None, "node" if killed is not None and killed.of_node else "unknown")
        usage = awaited.usage or self._usage
        self._usage = None
        chosen = awaited.chosen
        return OomKill(
            time,
            place(chosen.victim_path).pod,
            _limit_hit(chosen),
            chosen.limit_path,
            usage.usage if usage else None,
            usage.limit if usage else None,
        )

    def _group(self, path: str, time: float) -> list[Event]:
        held = self._open
        if held is not None and not held.group and held.joins(time) and _within(held.path, path):
            held.group = path
            held.grow(time)
            return []
        told = self._close()
        pid = next(
            (p for p, a in reversed(self._by_pid.items()) if _within(a.chosen.victim_path, path)), None
        )
        if pid is None:  # its report was left out, but here is the path
            kill = OomKill(time, place(path).pod, "unknown")
        else:
            kill = self._incident(self._by_pid.pop(pid), None, time)
        self._open = _Open(kill, path, time, group=path)
        return told

    def _close(self) -> list[Event]:
        held, self._open = self._open, None
        if held is None or not held.kill.victims:
            return []
        if self._tell is not None:
            self._tell(held.kill)
        return events(held.kill, node=self._node, node_event=self._node_events)


def _limit_hit(chosen: Chosen) -> LimitHit:
    if chosen.whole_node or not chosen.limit_path:
        return "node"
    match place(chosen.limit_path).level:
        case "container":
            return "container"
        case "pod":
            return "pod"
    return "parent"


def _within(path: str, parent: str) -> bool:
    return path == parent or path.startswith(parent.rstrip("/") + "/")


def _same_group(held: _Open, killed: Killed, time: float) -> bool:
    """A kill with no path that only follows closely may be of another cgroup. The processes of a container have one
    `oom_score_adj`, so another one is a sign of that."""
    if not held.group or not held.joins(time):
        return False
    if not held.kill.victims:
        return not killed.of_node
    first = held.kill.victims[0]
    adjusted = first.sizes.get("oom_score_adj") == killed.sizes.get("oom_score_adj")
    return first.of_cgroup == killed.of_cgroup and adjusted


def _forget_oldest(kept: dict[Any, Any]) -> None:
    while len(kept) >= _MOST:
        del kept[next(iter(kept))]
