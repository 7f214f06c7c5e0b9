"""Room and inodes of the node's disks. The kubelet has a condition DiskPressure of its own, at its eviction thresholds;
these warn earlier and have names of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, not_applicable, unknown
from npd.checks.shares import percent


@dataclass(frozen=True, slots=True)
class InodeOptions:
    threshold_percent: int = 80
    paths: tuple[str, ...] = ("/",)
    """Of the node; each stands for the file system it lies on."""

    def __post_init__(self) -> None:
        percent(self.threshold_percent)


@dataclass(frozen=True, slots=True)
class DiskOptions:
    threshold_percent: int = 90
    paths: tuple[str, ...] = ("/",)
    """Of the node; each stands for the file system it lies on."""

    def __post_init__(self) -> None:
        percent(self.threshold_percent)


def _inodes(status: os.statvfs_result) -> tuple[int, int]:
    return status.f_files - status.f_ffree, status.f_files


def _blocks(status: os.statvfs_result) -> tuple[int, int]:
    """As `df` counts: what is kept for root is neither used nor to be had."""
    used = status.f_blocks - status.f_bfree
    return used, used + status.f_bavail


def _maker(
    what: str, share: Callable[[os.statvfs_result], tuple[int, int]]
) -> Callable[[Node, DiskOptions], dict[str, Look]]:
    def make(node: Node, options: DiskOptions) -> dict[str, Look]:
        def look() -> Finding:
            problems: list[str] = []
            countable = False
            for path in options.paths:
                try:
                    used, most = share(os.statvfs(node.host.file(path)))
                except OSError as error:
                    return unknown(f"{path}: {error.strerror}")
                countable = countable or most > 0
                if used * 100 > most * options.threshold_percent:
                    problems.append(
                        f"{used * 100 // most}% of the {what} of {path} are in use (limit {options.threshold_percent}%)"
                    )
            if not countable:
                return not_applicable(f"the file systems of {', '.join(options.paths)} do not count {what}")
            return bad("; ".join(problems)) if problems else OK

        return {"": look}

    return make


INODES = Kind(
    "inodes",
    "inodes in use on the system disk",
    InodeOptions,
    Words(
        "NodeHasInodesPressure", "InodesPressure", "NodeHasNoInodesPressure", "node has no inodes pressure"
    ),
    Pace(period=60, hold=60),
    _maker("inodes", _inodes),
    needs="the host's / mounted, read-only",
)
DISK = Kind(
    "disk",
    "room in use on the system disk",
    DiskOptions,
    Words("NodeHasDiskPressure", "NodeDiskPressure", "NodeHasNoDiskPressure", "node has no disk pressure"),
    Pace(period=60, hold=60),
    _maker("blocks", _blocks),
    needs="the host's / mounted, read-only",
)
