"""Writes whole batches: what does not fit is taken back, so that the file always ends with the end of a line."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, Item, TryAgain
from sinks.kinds.file.rotation import Rotation
from sinks.payload import line
from sinks.settings import SinkSettings

MENDABLE = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EISDIR,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EROFS,
        errno.ELOOP,
        errno.ENAMETOOLONG,
    }
)
PIECE = 65_536


class File:
    def __init__(self, settings: SinkSettings) -> None:
        path = settings.url.removeprefix("file://")
        if not path.startswith("/") or path.endswith("/") or "\0" in path:
            raise ConfigError(
                "file: the address is the whole path of a file, as in file:/var/log/events.jsonl"
            )
        self._settings = settings
        self._path = Path(path)
        self._rotation = Rotation(self._path, settings["compress"], settings["keep"])
        self._file = -1
        self._begun = 0.0
        """When the file was begun, in seconds of the epoch."""

    def send(self, items: Sequence[Item]) -> None:
        data = b"".join(line(item, self._settings) for item in items)
        try:
            self._follow()
            self._rotate_before(len(data))
            self._append(data)
        except OSError as error:
            self.close()
            told = f"{self._path} cannot be written: {error.strerror or error}"
            if error.errno in MENDABLE:
                raise Broken(told, hint="Look at the path and its rights.") from None
            raise TryAgain(told) from None

    def _follow(self) -> None:
        """Open the file, also anew when somebody has renamed or deleted it, as logrotate does."""
        if self._file >= 0 and self._same():
            return
        self.close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise Broken(f"{self._path} is written by another sink or process") from None
        self._cut_torn_line()
        self._begun = self._age_begins()
        self._rotation.tidy()

    def _same(self) -> bool:
        mine = os.fstat(self._file)
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return False
        return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)

    def _cut_torn_line(self) -> None:
        """A line without its end is of a batch that nobody has confirmed, and that comes again."""
        size = os.fstat(self._file).st_size
        end = size
        while end > 0:
            start = max(0, end - PIECE)
            found = os.pread(self._file, end - start, start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end < size:
            os.ftruncate(self._file, end)

    def _age_begins(self) -> float:
        """Of a file that goes on after a restart the beginning is not kept anywhere: its first line is as old as it."""
        status = os.fstat(self._file)
        born = self._rotation.newest_end()
        return min(time.time(), born if born is not None and status.st_size else status.st_ctime)

    def _rotate_before(self, coming: int) -> None:
        size = os.fstat(self._file).st_size
        most, age = self._settings["rotate_size"], self._settings["rotate_age"]
        too_large = bool(most) and size + coming > most
        too_old = bool(age) and time.time() - self._begun >= age
        if size and (too_large or too_old):
            self._rotation.put_aside()
            self._follow()
            self._begun = time.time()

    def _append(self, data: bytes) -> None:
        before = os.fstat(self._file).st_size
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
            if self._settings["fsync"]:
                os.fsync(self._file)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, before)
            raise

    def close(self) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            with contextlib.suppress(OSError):
                os.close(file)
        self._rotation.join(0.5)
