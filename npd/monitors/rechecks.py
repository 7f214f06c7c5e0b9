"""Looks at the node whether what a kernel line told still holds. Where it cannot be told, it holds."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator

from npd.checks.frame import Host
from npd.checks.mounts import Mount, mounts
from npd.config.model import Recheck

_TASK = re.compile(r"task .+?:(\d+) (?:<[^>]*> )?blocked ")
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


def _mounts(device: str, host: Host) -> Iterator[Mount]:
    """Where a block device is mounted. By its number: `dm-0` is mounted under another name. OSError."""
    number = _number(device, host)
    for mount in mounts(host):
        if mount.device == f"/dev/{device}" or (number and mount.number == number):
            yield mount


def _number(device: str, host: Host) -> str:
    """Major and minor as in `8:1`; '' when there is no such device any more. OSError when there is no sysfs."""
    os.stat(f"{host.sys}/class")
    try:
        with open(f"{host.sys}/class/block/{device.replace('/', '!')}/dev", encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


RECHECKS: dict[Recheck, Callable[[str, Host], bool]] = {
    "blocked-task": task_blocked,
    "read-only-mount": mount_read_only,
    "shut-down-mount": mount_shut_down,
}
