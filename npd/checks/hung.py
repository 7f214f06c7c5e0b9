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

Key = tuple[int, int]
"""pid and start time."""


@dataclass(frozen=True, slots=True)
class HungOptions:
    ignore: tuple[str, ...] = ()
    """Names of processes that may wait in state D for ever on this node."""


class _Hung:
    def __init__(self, node: Node, options: HungOptions) -> None:
        self._node = node
        self._ignore = frozenset(options.ignore)
        self._before: dict[Key, tuple[int, bytes]] = {}
        self._since: dict[Key, float] = {}

    def look(self) -> Finding:
        try:
            waiting = [process for process in self._node.processes.all() if process.state == "D"]
        except OSError as error:
            return unread(error, "processes")
        now = self._node.steady()
        marks = {
            (process.pid, process.started): (process.ticks, self._switches(process.pid))
            for process in waiting
            if process.name not in self._ignore
        }
        self._since = {key: self._since.get(key, now) for key in marks if self._stuck(key, marks)}
        hung = [
            p
            for p in waiting
            if (p.pid, p.started) in self._before and self._stuck((p.pid, p.started), marks)
        ]
        self._before = marks
        return bad(self._message(hung, now)) if hung else OK

    def _stuck(self, key: Key, marks: dict[Key, tuple[int, bytes]]) -> bool:
        """It did not run between the samples; a busy copy is in state D most of the time as well, but gets on."""
        return key in marks and (key not in self._before or self._before[key] == marks[key])

    def _switches(self, pid: int) -> bytes:
        try:
            found = _SWITCHES.search(read(self._node.host.proc / str(pid) / "status"))
        except OSError:
            return b""
        return found[0] if found else b""

    def _message(self, hung: list[Process], now: float) -> str:
        named = ", ".join(f"{p.name} (pid {p.pid}, {self._seconds(p, now)})" for p in hung[:_NAMED])
        more = f" and {len(hung) - _NAMED} more" if len(hung) > _NAMED else ""
        return f"{len(hung)} hung in uninterruptible sleep (state D): {named}{more}"

    def _seconds(self, process: Process, now: float) -> str:
        return f"for {now - self._since.get((process.pid, process.started), now):.0f}s or longer"


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
