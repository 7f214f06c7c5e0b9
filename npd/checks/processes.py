"""The processes of the node, from one walk over /proc that the checks share: it is the dearest thing they do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_LONGEST = 1024
"""Bytes of a `stat`: a name of up to 64 and fifty numbers."""
FRESH_ENOUGH = 60.0
"""Seconds, for who only asks which programs run."""


class Process(NamedTuple):
    """A tuple, as hundreds are made in each round."""

    pid: int
    name: str
    """As the kernel has it: 15 characters at most."""
    state: str
    """One letter: R, S, D (cannot be interrupted), Z (zombie), T, I …"""
    ticks: int = 0
    """Processor time that it has used; only of processes in state D, for the others nobody asks."""
    started: int = 0
    """Clock ticks after the boot, only in state D: with `pid` this names a process, for pids are used again."""


class Processes:
    """Thread-safe as far as it goes: two checks at once walk twice."""

    def __init__(self, proc: Path, steady: Callable[[], float] = time.monotonic) -> None:
        self._proc = str(proc)
        self._steady = steady
        self._taken: tuple[float, list[Process]] | None = None

    def all(self, age: float = 0.0) -> list[Process]:
        """As they were at most `age` seconds ago. OSError when there is no /proc."""
        now = self._steady()
        taken = self._taken
        if taken is None or now - taken[0] > age or age == 0.0:
            entries = filter(str.isdigit, os.listdir(self._proc))
            taken = self._taken = (now, list(filter(None, map(self._process, entries))))
        return taken[1]

    def named(self, names: frozenset[str], age: float = FRESH_ENOUGH) -> list[Process]:
        """Those of these names, cut to 15 characters as the kernel does."""
        cut = {name[:15] for name in names}
        return [process for process in self.all(age) if process.name in cut]

    def _process(self, entry: str) -> Process | None:
        try:
            # By hand and not by `read`: at some hundred processes this is most of what all checks cost.
            handle = os.open(f"{self._proc}/{entry}/stat", os.O_RDONLY | os.O_CLOEXEC)
            try:
                stat = os.read(handle, _LONGEST)
            finally:
                os.close(handle)
            # The name may hold blanks and parentheses, so what follows is counted from the last one.
            end = stat.rindex(b")")
            name, state = stat[stat.index(b"(") + 1 : end].decode(errors="replace"), chr(stat[end + 2])
            if state != "D":
                return Process(int(entry), name, state)
            fields = stat[end + 2 :].split(None, 21)
            return Process(int(entry), name, state, int(fields[11]) + int(fields[12]), int(fields[19]))
        except (OSError, ValueError, IndexError):
            return None  # it has ended meanwhile
