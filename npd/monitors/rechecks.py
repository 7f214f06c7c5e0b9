"""Looks at the node whether what a kernel line told still holds. Where it cannot be told, it holds."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from npd.checks.frame import Host
from npd.config.model import Recheck

_TASK = re.compile(r"task .+?:(\d+) (?:<[^>]*> )?blocked ")
_READ_ONLY = frozenset({"ro", "emergency_ro"})
"""Options of a file system; since 6.15 ext4 that met an error says the second, beside `rw`."""
_DEVICE = re.compile(r"\((?:device )?(?:/dev/)?([^\s():]+)\)")


def task_blocked(message: str, host: Host) -> bool:
    """Is the task that the kernel named still in uninterruptible sleep?"""
    found = _TASK.search(message)
    if found is None:
        return True
    try:
        with open(f"{host.proc}/{found[1]}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] == "D"
    except (FileNotFoundError, ProcessLookupError):
        return not os.path.exists(f"{host.proc}/stat")
    except (OSError, IndexError):
        return True


@dataclass(frozen=True, slots=True)
class _Mount:
    point: str
    read_only: bool


def mount_read_only(message: str, host: Host) -> bool:
    """Is the file system that the kernel named still mounted, and read-only?"""
    found = _DEVICE.search(message)
    try:
        return found is None or any(mount.read_only for mount in _mounts(found[1], host))
    except OSError:
        return True


def mount_shut_down(message: str, host: Host) -> bool:
    """Is the XFS that the kernel named still mounted, and answers every question with an error?"""
    found = _DEVICE.search(message)
    try:
        return found is None or any(
            _shut_down(f"{host.proc}/1/root{m.point}") for m in _mounts(found[1], host)
        )
    except OSError:
        return True


def _shut_down(point: str) -> bool:
    try:
        os.lstat(point)
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return False


def _mounts(device: str, host: Host) -> Iterator[_Mount]:
    """Where a block device is mounted. By its number: `dm-0` is mounted under another name. OSError."""
    number = _number(device, host)
    with open(f"{host.proc}/1/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            fields = line.split()
            rest = fields[fields.index("-") + 1 :] if "-" in fields[6:] else []
            if len(rest) > 2 and (fields[2] == number or rest[1] == f"/dev/{device}"):
                yield _Mount(_unescaped(fields[4]), not _READ_ONLY.isdisjoint(rest[2].split(",")))


def _number(device: str, host: Host) -> str:
    """Major and minor as in `8:1`; '' when there is no such device any more. OSError when there is no sysfs."""
    os.stat(f"{host.sys}/class")
    try:
        with open(f"{host.sys}/class/block/{device.replace('/', '!')}/dev", encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), path)


RECHECKS: dict[Recheck, Callable[[str, Host], bool]] = {
    "blocked-task": task_blocked,
    "read-only-mount": mount_read_only,
    "shut-down-mount": mount_shut_down,
}
