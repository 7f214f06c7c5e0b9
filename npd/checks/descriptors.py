"""File descriptors: open files of the whole node against `fs.file-max`, and of the processes that a node cannot do
without against their own limit, since many systems have no limit for the whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad
from npd.checks.reading import numbers, read, unread
from npd.checks.shares import percent

_UNLIMITED = 2**60


@dataclass(frozen=True, slots=True)
class DescriptorOptions:
    threshold_percent: int = 80
    processes: tuple[str, ...] = ("kubelet", "containerd", "dockerd", "crio", "kube-proxy")
    """Names of processes to look at one by one. This process is always looked at."""

    def __post_init__(self) -> None:
        percent(self.threshold_percent)


class _Descriptors:
    def __init__(self, node: Node, options: DescriptorOptions) -> None:
        self._node = node
        self._options = options
        self._names = frozenset(options.processes)

    def look(self) -> Finding:
        try:
            used, _, most = numbers(self._node.host.proc / "sys/fs/file-nr")
        except (OSError, ValueError) as error:
            return unread(error, "open files")
        problems = list(filter(None, (self._too_many(path, name) for path, name in self._watched())))
        if most < _UNLIMITED and used * 100 > most * self._options.threshold_percent:
            problems.insert(0, f"{used} of {most} files are open ({used * 100 // most}%)")
        return bad("; ".join(problems)) if problems else OK

    def _watched(self) -> list[tuple[Path, str]]:
        proc = self._node.host.proc
        found = self._node.processes.named(self._names) if self._names else []
        return [(Path("/proc/self"), "npd"), *((proc / str(p.pid), f"{p.name} (pid {p.pid})") for p in found)]

    def _too_many(self, path: Path, name: str) -> str:
        try:
            used, most = _count(path / "fd"), _soft_limit(path / "limits")
        except (OSError, ValueError, IndexError):
            return ""  # it has ended, or it is not ours to see: that is said in the documentation
        if used * 100 <= most * self._options.threshold_percent:
            return ""
        return f"{name} has {used} of its {most} file descriptors open ({used * 100 // most}%)"


def _count(directory: Path) -> int:
    """The size of the directory since kernel 6.2, which costs nothing; before, it was always 0."""
    return os.stat(directory).st_size or len(os.listdir(directory))


def _soft_limit(limits: Path) -> int:
    """`Max open files   1024   524288   files`."""
    soft = read(limits).split(b"Max open files")[1].split(None, 1)[0]
    return _UNLIMITED if soft == b"unlimited" else int(soft)


def _make(node: Node, options: DescriptorOptions) -> dict[str, Look]:
    return {"": _Descriptors(node, options).look}


KIND = Kind(
    "fd",
    "open files of the node, and file descriptors of the kubelet, the runtime and this process",
    DescriptorOptions,
    Words("NodeHasFDPressure", "FDPressure", "NodeHasNoFDPressure", "node has no file descriptor pressure"),
    Pace(period=30, hold=60),
    _make,
    needs="the host's /proc; processes of others need root or CAP_SYS_PTRACE",
)
