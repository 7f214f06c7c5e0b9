"""Processes that hang in the kernel. The kernel itself logs ten of them since boot at most
(`kernel.hung_task_warnings`), so two samples are compared: who is in state D in both and got no further between
them hangs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad
from npd.checks.processes import Process
from npd.checks.reading import read, unread

_SWITCHES = re.compile(
    rb"^voluntary_ctxt_switches:\s*(\d+)\s*nonvoluntary_ctxt_switches:\s*(\d+)", re.MULTILINE
)
_NAMED = 5


@dataclass(frozen=True, slots=True)
class HungOptions:
    ignore: tuple[str, ...] = ()
    """Names of processes that may wait in state D for ever on this node."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A process in state D, and how far it had got."""

    process: Process
    switches: bytes
    since: float
    """When it was first seen like this; steady clock."""

    def got_on(self, before: _Waiting) -> bool:
        """A busy copy is in state D most of the time as well, but runs now and then."""
        return self.process != before.process or self.switches != before.switches


class _Hung:
    def __init__(self, node: Node, options: HungOptions) -> None:
        self._node = node
        self._ignore = frozenset(options.ignore)
        self._before: dict[tuple[int, int], _Waiting] = {}

    def look(self) -> Finding:
        now = self._node.steady()
        try:
            waiting = [self._seen(p, now) for p in self._node.processes.all() if p.state == "D"]
        except OSError as error:
            return unread(error, "processes")
        hung = [one for one in waiting if one.since < now and one.process.name not in self._ignore]
        self._before = {(one.process.pid, one.process.started): one for one in waiting}
        return bad(_message(hung, now)) if hung else OK

    def _seen(self, process: Process, now: float) -> _Waiting:
        this = _Waiting(process, self._switches(process.pid), now)
        before = self._before.get((process.pid, process.started))
        return this if before is None or this.got_on(before) else before

    def _switches(self, pid: int) -> bytes:
        try:
            found = _SWITCHES.search(read(self._node.host.proc / str(pid) / "status"))
        except OSError:
            return b""
        return found[0] if found else b""


def _message(hung: list[_Waiting], now: float) -> str:
    named = [
        f"{h.process.name} (pid {h.process.pid}, for {now - h.since:.0f}s or longer)" for h in hung[:_NAMED]
    ]
    more = f" and {len(hung) - _NAMED} more" if len(hung) > _NAMED else ""
    return f"{len(hung)} hung in uninterruptible sleep (state D): {', '.join(named)}{more}"


def _make(node: Node, options: HungOptions) -> dict[str, Look]:
    return {"": _Hung(node, options).look}


KIND = Kind(
    "hung-processes",
    "processes in state D that got no further between two looks",
    HungOptions,
    Words("PSProcessIsHung", "PSProcessHung", "PSProcessIsNotHung", "no process hangs in the kernel"),
    Pace(period=30),
    _make,
    needs="the host's /proc, read-only",
)
