"""Reads /dev/kmsg for all monitors of the kernel log at once.

The kernel keeps a ring: who reads too slowly loses records, and the sequence numbers tell how many. A flood must not
end the reader (EPIPE means: go on), and a device that fails is opened again, at most once in five seconds."""

from __future__ import annotations

import errno
import logging
import os
import stat
import time
from collections.abc import Callable, Sequence

from npd.model import CheckState
from npd.monitors.matching import Line
from npd.monitors.sources import NOTHING, Batch, Standing, Waker
from npd.monitors.sources.kmsg_records import clean
from npd.state import Position, boot_id

log = logging.getLogger(__name__)

RECORD_BYTES = 8192
"""The longest record that the kernel hands out."""
CHUNK_BYTES = 65536
MOST = 2048
"""Records of one batch."""
FEW = 64
PAUSE_S = 0.02
"""After few records: under a steady trickle it is cheaper to take some at once. The kernel's ring holds more than
comes in this time."""
REOPEN_S = 5.0
ABSENT_S = 60.0
"""Between two attempts where there is no such device, or no right to read it."""
_ABSENT = frozenset({errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENXIO, errno.ENODEV})


class Kmsg:
    """`path` may be a pipe, for tests: then a record is a line."""

    def __init__(
        self,
        path: str = "/dev/kmsg",
        proc: str = "/proc",
        clock: Callable[[], float] = time.time,
        open_device: Callable[[str], int] | None = None,
    ) -> None:
        self.name = path
        self.lost = 0
        self._boot_id = boot_id(proc)
        self._clock = clock
        self._open_device = open_device or _open
        self._waker = Waker()
        self._device: _Device | None = None
        self._standing = Standing(CheckState.ON)
        self._try_at = 0.0
        self._last: int | None = None
        """Sequence number of the newest record."""
        self._skip = -1
        """Records up to this were read before the device was opened anew."""
        self._began = clock() - time.monotonic()
        """When the kernel's clock was 0. That clock drifts, so each record that is read as it comes sets it right."""
        self._few = False

    def begin(self, positions: Sequence[Position | None]) -> None:
        known = [
            int(position["sequence"])
            for position in positions
            if position and position.get("boot_id") == self._boot_id and "sequence" in position
        ]
        self._last = max(known, default=None)

    def position(self) -> Position | None:
        return None if self._last is None else {"boot_id": self._boot_id, "sequence": self._last}

    def standing(self) -> Standing:
        return self._standing

    def read(self, timeout: float) -> Batch:
        if self._device is None and not self._opened():
            self._waker.pause(min(timeout, max(0.0, self._try_at - time.monotonic())))
            return NOTHING
        if self._few:
            self._waker.pause(PAUSE_S)
        live = not self._waker.wait(0)
        if live and not self._waker.wait(timeout):
            self._few = False
            return NOTHING
        arrived = self._clock()
        records = self._records()
        self._few = len(records) < FEW
        return self._batch(records, arrived if live else None)

    def _records(self) -> list[bytes]:
        assert self._device is not None
        records: list[bytes] = []
        try:
            self._device.read(records)
        except OSError as error:
            self._failed(error.strerror or str(error))
        return records

    def _batch(self, records: list[bytes], arrived: float | None) -> Batch:
        """`arrived`: when the first of them came, where that is known."""
        lines: list[Line] = []
        numbers: list[int] = []
        began, last = self._began, self._last
        for raw in records:
            head, separator, text = raw.partition(b";")
            fields = head.split(b",", 3)
            try:
                sequence, usec = int(fields[1]), int(fields[2])
            except (IndexError, ValueError):
                continue
            if not separator or sequence <= self._skip:
                continue
            if last is not None and sequence > last + 1:
                self._lose(sequence - last - 1)
            if last is None or sequence > last:
                last = sequence
            if arrived is not None:
                began, arrived = arrived - usec / 1e6, None
            text = clean(text[: text.find(b"\n")] if b"\n" in text else text)
            for each in map(bytes.strip, text.split(b"\n")) if b"\n" in text else (text,):
                if each:
                    lines.append(Line(began + usec / 1e6, each))
                    numbers.append(sequence)
        self._began, self._last = began, last
        return Batch(lines, numbers)

    def _lose(self, count: int) -> None:
        if not self.lost:
            log.warning(
                "%s: the kernel overwrote records before they were read; health counts them", self.name
            )
        self.lost += count

    def _opened(self) -> bool:
        if time.monotonic() < self._try_at:
            return False
        self._try_at = time.monotonic() + REOPEN_S
        try:
            descriptor = self._open_device(self.name)
        except OSError as error:
            self._not_opened(error)
            return False
        self._device = _Device(descriptor)
        self._waker.watch(descriptor)
        self._standing = Standing(CheckState.ON)
        return True

    def _not_opened(self, error: OSError) -> None:
        absent = error.errno in _ABSENT
        if absent:
            self._try_at = time.monotonic() + ABSENT_S
        said = f"{self.name}: {error.strerror}"
        if error.errno in (errno.EACCES, errno.EPERM):
            said += "; reading it needs root, or CAP_SYSLOG and a privileged container"
        self._standing = Standing(CheckState.NOT_APPLICABLE if absent else CheckState.BROKEN, said)

    def _failed(self, why: str) -> None:
        log.warning("%s: %s; it is opened anew", self.name, why)
        self._standing = Standing(CheckState.BROKEN, f"{self.name}: {why}")
        self._drop()
        if self._last is not None:
            self._skip = self._last

    def _drop(self) -> None:
        if self._device is not None:
            self._waker.forget(self._device.descriptor)
            os.close(self._device.descriptor)
            self._device = None

    def wake(self) -> None:
        self._waker.wake()

    def close(self) -> None:
        self._drop()
        self._waker.close()


def _open(path: str) -> int:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    if stat.S_ISFIFO(os.stat(path).st_mode):
        flags = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC  # so that it does not end when a writer goes
    return os.open(path, flags)


class _Device:
    """An open device: each read gives one record. A pipe gives bytes, in which each line is one."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        mode = os.fstat(descriptor).st_mode
        self._bytes = stat.S_ISFIFO(mode) or stat.S_ISREG(mode)
        self._rest = b""

    def read(self, records: list[bytes]) -> None:
        """Adds what is there to `records`, up to MOST. OSError when the device is at its end or fails."""
        try:
            if self._bytes:
                self._read_lines(records)
            else:
                self._read_records(records)
        except BlockingIOError:
            return

    def _read_records(self, records: list[bytes]) -> None:
        read, descriptor = os.read, self.descriptor
        for _ in range(MOST):
            try:
                record = read(descriptor, RECORD_BYTES)
            except BrokenPipeError:
                continue  # records were overwritten; the next has a later number
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                continue  # a record longer than any; the kernel goes on behind it
            if not record:
                raise OSError(errno.EIO, "has ended")
            records.append(record)

    def _read_lines(self, records: list[bytes]) -> None:
        while len(records) < MOST:
            data = os.read(self.descriptor, CHUNK_BYTES)
            if not data:
                raise OSError(errno.EIO, "has ended")
            *lines, self._rest = (self._rest + data).split(b"\n")
            records += lines
