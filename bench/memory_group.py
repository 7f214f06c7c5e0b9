"""A memory cgroup for one process: what a container with a memory limit lives in. Page cache counts, swap is off.

Works with the controller of either version, whichever this machine has mounted; needs root.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PREFIX = "eventcenter-bench-"
ENDS_S = 10.0
MIB = 2**20


class NoGroup(Exception):
    """There can be no such group here; one line that says why."""


@dataclass(frozen=True, slots=True)
class Files:
    """How a version of the controller calls things. `kills` and `parts` are (file, keys)."""

    limits: tuple[str, ...]
    """The first must be set; the others, where they are, keep swap out."""
    swap: str
    """What the others are set to; empty for the limit itself."""
    now: str
    peak: str
    kills: tuple[str, str]
    parts: tuple[str, str, str]


_V1 = Files(
    limits=("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
    swap="",
    now="memory.usage_in_bytes",
    peak="memory.max_usage_in_bytes",
    kills=("memory.oom_control", "oom_kill"),
    parts=("memory.stat", "rss", "cache"),
)
_V2 = Files(
    limits=("memory.max", "memory.swap.max"),
    swap="0",
    now="memory.current",
    peak="memory.peak",
    kills=("memory.events", "oom_kill"),
    parts=("memory.stat", "anon", "file"),
)


def controller() -> tuple[Path, Files]:
    """Where the memory controller is mounted. NoGroup without one."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, options, *_ = line.split()
        if kind == "cgroup" and "memory" in options.split(","):
            return Path(where), _V1
        if kind == "cgroup2" and "memory" in (Path(where) / "cgroup.controllers").read_text().split():
            return Path(where), _V2
    raise NoGroup("no memory controller is mounted on this machine (/proc/self/mounts)")


class MemoryGroup:
    """`prefix` put before a command makes it run in the group."""

    def __init__(self, path: Path, files: Files) -> None:
        self.path = path
        self._files = files
        self.prefix = ("sh", "-c", 'echo $$ > "$0" && exec "$@"', str(path / "cgroup.procs"))

    def peak_mib(self) -> float:
        """The highest that was counted, page cache included; the present where the kernel keeps no highest."""
        file = self.path / self._files.peak
        return int((file if file.exists() else self.path / self._files.now).read_text()) / MIB

    def kills(self) -> int:
        """How often the OOM killer acted."""
        file, key = self._files.kills
        return self._numbers(file)[key]

    def parts_mib(self) -> tuple[float, float]:
        """What belongs to processes and what is page cache, now."""
        file, own, cache = self._files.parts
        numbers = self._numbers(file)
        return numbers[own] / MIB, numbers[cache] / MIB

    def _numbers(self, file: str) -> dict[str, int]:
        lines = (line.split() for line in (self.path / file).read_text().splitlines())
        return {key: int(value) for key, value in lines}

    def limit(self, mib: int) -> None:
        first, *others = self._files.limits
        (self.path / first).write_text(str(mib * MIB))
        for other in others:
            with contextlib.suppress(FileNotFoundError):  # a kernel without swap accounting
                (self.path / other).write_text(self._files.swap or str(mib * MIB))

    def remove(self) -> None:
        """End whatever still runs in it."""
        deadline = time.monotonic() + ENDS_S
        while True:
            for pid in (self.path / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            try:
                return self.path.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


@contextmanager
def memory_group(mib: int) -> Iterator[MemoryGroup]:
    """A new group with a limit, gone with the block. NoGroup where there can be none."""
    where, files = controller()
    for left in where.glob(PREFIX + "*"):  # of a run that was killed; those in use cannot be removed
        with contextlib.suppress(OSError):
            left.rmdir()
    group = MemoryGroup(where / f"{PREFIX}{os.getpid()}", files)
    try:
        if files is _V2:
            (where / "cgroup.subtree_control").write_text("+memory")
        group.path.mkdir()
    except OSError as error:
        raise NoGroup(
            f"a memory cgroup cannot be made below {where}: {error.strerror}; run this as root"
        ) from None
    try:
        group.limit(mib)
        yield group
    finally:
        group.remove()
