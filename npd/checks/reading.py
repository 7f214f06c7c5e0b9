"""Small files of /proc and /sys: read whole, and absent files told apart from unreadable ones."""

from __future__ import annotations

import os
from pathlib import Path

from npd.checks.frame import Finding, not_applicable, unknown


def read(path: Path | str, most: int = 1 << 20) -> bytes:
    """OSError as the kernel says."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(handle, 65536)
        # A short read is no end: lists such as mountinfo come a page at a time.
        while len(data) < most and (more := os.read(handle, 65536)):
            data += more
        return data
    finally:
        os.close(handle)


def numbers(path: Path) -> list[int]:
    """The whole numbers of a file such as `fs/file-nr`. OSError, ValueError."""
    return [int(word) for word in read(path).split()]


def number(path: Path) -> int:
    return numbers(path)[0]


def unread(error: OSError | ValueError | IndexError, what: str) -> Finding:
    """What a look says when a file that it needs is not there or makes no sense."""
    if isinstance(error, FileNotFoundError):
        return not_applicable(f"{what}: there is no {error.filename}")
    if isinstance(error, OSError):
        return unknown(f"{what}: {error.filename}: {error.strerror}")
    return unknown(f"{what}: not as the kernel writes it ({error})")
