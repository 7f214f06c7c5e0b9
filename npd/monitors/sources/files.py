"""Reads a log file as it grows, through rotation by rename and by truncation. It looks twice a second: cheaper than
it sounds, and nothing to leak."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence

from npd.config.model import LogConfig
from npd.model import CheckState
from npd.monitors.filelines import FileLines, NotALine
from npd.monitors.matching import Line
from npd.monitors.sources import NOTHING, Batch, Standing, Waker
from npd.state import Position

POLL_S = 0.5
CHUNK_BYTES = 1 << 18
MAX_LINE_BYTES = 1 << 16
"""What is longer is cut: no message of an event may be as long."""


class LogFile:
    def __init__(self, config: LogConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = config.log_path
        self.lost = 0
        self._lines = FileLines(config)
        self._clock = clock
        self._waker = Waker()
        self._file: int | None = None
        self._inode = (0, 0)
        self._offset = 0
        """Of the first byte that is not part of a line that was read."""
        self._rest = b""
        self._cut = False
        """The rest of an overlong line is still to come."""
        self._resume: Position | None = None
        self._standing = Standing(CheckState.ON)

    def begin(self, positions: Sequence[Position | None]) -> None:
        self._resume = next((position for position in positions if position), None)

    def position(self) -> Position | None:
        if not any(self._inode):
            return None
        return {"device": self._inode[0], "inode": self._inode[1], "offset": self._offset}

    def standing(self) -> Standing:
        return self._standing

    def read(self, timeout: float) -> Batch:
        """Waits no longer than to the next look."""
        try:
            data = self._data()
        except OSError as error:
            state = CheckState.NOT_APPLICABLE if isinstance(error, FileNotFoundError) else CheckState.BROKEN
            self._standing = Standing(state, f"{self.name}: {error.strerror}")
            self._close_file()
            data = b""
        if data:
            return Batch(list(self._parsed(data)))
        self._waker.pause(min(timeout, POLL_S))
        return NOTHING

    def _data(self) -> bytes:
        """What has come since the last look. OSError."""
        if self._file is None:
            self._open()
        assert self._file is not None
        data = os.read(self._file, CHUNK_BYTES)
        if data:
            return data
        if os.fstat(self._file).st_size < os.lseek(self._file, 0, os.SEEK_CUR):
            self._restart(0)
        elif self._renamed():
            self._close_file()
            self._open()
        return os.read(self._file, CHUNK_BYTES)

    def _renamed(self) -> bool:
        """Is there another file under the name? A name without a file is about to get one."""
        try:
            found = os.stat(self.name)
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) != self._inode

    def _open(self) -> None:
        resume, self._resume = self._resume or {}, None
        known = (resume.get("device"), resume.get("inode"))
        self._file = os.open(self._place_of(known), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(self._file)
        self._inode = (found.st_dev, found.st_ino)
        offset = int(resume.get("offset", 0)) if known == self._inode else 0
        self._restart(offset if offset <= found.st_size else 0)
        self._standing = Standing(CheckState.ON)

    def _place_of(self, known: tuple[object, object]) -> str:
        """Where the file is that was read before a restart; it may have been rotated since."""
        if known[1] is None:
            return self.name
        directory, name = os.path.split(self.name)
        with os.scandir(directory or ".") as entries:
            for entry in entries:
                if entry.name.startswith(name) and entry.inode() == known[1]:
                    return entry.path
        return self.name

    def _restart(self, offset: int) -> None:
        assert self._file is not None
        self._offset, self._rest, self._cut = os.lseek(self._file, offset, os.SEEK_SET), b"", False

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _parsed(self, data: bytes) -> Iterator[Line]:
        for raw in self._whole(data):
            # What is no line is the rest of a message over several lines, as a rule.
            with contextlib.suppress(NotALine):
                if not self._lines.skipped(raw):
                    yield self._lines.line(raw)

    def _whole(self, data: bytes) -> Iterator[bytes]:
        """Whole lines, without their ends."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._offset += len(self._rest) + len(data) - len(rest)
        self._rest = rest
        for raw in whole:
            cut, self._cut = self._cut, False
            if not cut:
                yield raw[:MAX_LINE_BYTES]
        if len(self._rest) > MAX_LINE_BYTES:
            if not self._cut:
                yield self._rest[:MAX_LINE_BYTES]
            self._cut, self._offset, self._rest = True, self._offset + len(self._rest), b""

    def wake(self) -> None:
        self._waker.wake()

    def close(self) -> None:
        self._close_file()
        self._waker.close()
