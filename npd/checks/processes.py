"""The processes of the node, from one walk over /proc that the checks share: it is the dearest thing they do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from npd.checks.reading import read

FRESH_ENOUGH = 60.0
"""Seconds, for who only asks which programs run."""


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    name: str
    """As the kernel has it: 15 characters at most."""
    state: str
    """One letter: R, S, D (cannot be interrupted), Z (zombie), T, I …"""
    ticks: int
    """Processor time that it has used."""
    started: int
    """Clock ticks after the boot: with `pid` this names a process, for pids are used again."""


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
            taken = self._taken = (now, list(filter(None, map(self._process, os.listdir(self._proc)))))
        return taken[1]

    def named(self, names: frozenset[str], age: float = FRESH_ENOUGH) -> list[Process]:
        """Those of these names, cut to 15 characters as the kernel does."""
        cut = {name[:15] for name in names}
        return [process for process in self.all(age) if process.name in cut]

    def _process(self, entry: str) -> Process | None:
        if not entry.isdigit():
            return None
        try:
            stat = read(f"{self._proc}/{entry}/stat")
            # The name may hold blanks and parentheses, so the fields are counted from the last one.
            name, _, rest = stat[stat.index(b"(") + 1 :].rpartition(b")")
            fields = rest.split(None, 21)
            ticks, started = int(fields[11]) + int(fields[12]), int(fields[19])
        except (OSError, ValueError, IndexError):
            return None  # it has ended meanwhile
        return Process(int(entry), name.decode(errors="replace"), fields[0].decode(), ticks, started)
