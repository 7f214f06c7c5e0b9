"""Reads the journal through `journalctl`, which is there wherever a journal is: no library has to be.

The cursor of the last line is kept, so that a restart goes on behind it."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from npd.model import CheckState
from npd.monitors.matching import Line
from npd.monitors.sources import NOTHING, Batch, Standing, Waker
from npd.monitors.texts import SPACE
from npd.state import Position

log = logging.getLogger(__name__)

RESTART_S, MOST_RESTART_S = 5.0, 60.0
"""Between two starts of journalctl; doubled as long as it brings nothing."""
ABSENT_S = 60.0
CHUNK_BYTES = 65536
MAX_LINE_BYTES = 1 << 20
"""Of one entry. journalctl cuts long fields, so it is never reached by a journal that is whole."""
FIELDS = "MESSAGE"


def command(identifier: str, directory: str, *more: str) -> list[str]:
    """journalctl for the entries of one `SYSLOG_IDENTIFIER`; `directory` '' is the system's journal."""
    where = [f"--directory={directory}"] if directory else []
    return [
        "journalctl",
        "--output=json",
        f"--output-fields={FIELDS}",
        "--no-pager",
        "--quiet",
        *where,
        *more,
        f"SYSLOG_IDENTIFIER={identifier}",
    ]


def missing(directory: str) -> str:
    """Why the journal cannot be read here; '' when it can."""
    if shutil.which("journalctl") is None:
        return "there is no journalctl"
    if directory and not os.path.isdir(directory):
        return f"there is no {directory}"
    return ""


def entry(raw: bytes) -> tuple[Line, str] | None:
    """Line and cursor of an entry; None when it is none."""
    try:
        values = json.loads(raw)
        text = _message(values.get("MESSAGE"))
        stamp = int(values["__REALTIME_TIMESTAMP"]) / 1e6
        return Line(stamp, text.strip(SPACE).encode("utf-8", "replace")), str(values["__CURSOR"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _message(value: Any) -> str:
    """A list holds bytes that are no UTF-8, or several messages of one entry, of which the last counts."""
    if isinstance(value, list):
        if all(isinstance(each, int) for each in value):
            return bytes(value).decode("utf-8", "replace")
        return _message(value[-1])
    return value if isinstance(value, str) else ""


class Journald:
    def __init__(
        self,
        identifier: str,
        directory: str = "",
        since: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`since`: entries before this are not asked for when there is no cursor yet."""
        self.name = f"journal of {identifier}"
        self.lost = 0
        self._identifier, self._directory, self._since = identifier, directory, since
        self._clock = clock
        self._waker = Waker()
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._cursor = ""
        self._said = ""
        self._try_at, self._restart = 0.0, RESTART_S
        self._standing = Standing(CheckState.ON)

    def begin(self, positions: Sequence[Position | None]) -> None:
        cursors = [str(position["cursor"]) for position in positions if position and "cursor" in position]
        self._cursor = cursors[0] if cursors else ""

    def position(self) -> Position | None:
        return {"cursor": self._cursor} if self._cursor else None

    def standing(self) -> Standing:
        return self._standing

    def read(self, timeout: float) -> Batch:
        if self._process is None and not self._started():
            self._waker.pause(min(timeout, max(0.0, self._try_at - self._clock())))
            return NOTHING
        if not self._waker.wait(timeout):
            return NOTHING
        assert self._process is not None and self._process.stdout is not None
        data = os.read(self._process.stdout.fileno(), CHUNK_BYTES)
        if not data:
            self._ended()
            return NOTHING
        lines = list(self._lines(data))
        if lines:
            self._standing, self._restart = Standing(CheckState.ON), RESTART_S
        return Batch(lines)

    def _lines(self, data: bytes) -> Iterator[Line]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            self._rest = b""
            self.lost += 1
        for raw in whole:
            if not raw.startswith(b"{"):  # words of journalctl's own
                self._said = raw.decode(errors="replace").strip() or self._said
                continue
            found = entry(raw)
            if found is None:
                self.lost += 1
                continue
            line, self._cursor = found
            if line.text:
                yield line

    def _started(self) -> bool:
        if self._clock() < self._try_at:
            return False
        self._try_at = self._clock() + self._restart
        self._restart = min(self._restart * 2, MOST_RESTART_S)
        if absent := missing(self._directory):
            self._try_at = self._clock() + ABSENT_S
            self._standing = Standing(CheckState.NOT_APPLICABLE, f"{self.name}: {absent}")
            return False
        start = f"--after-cursor={self._cursor}" if self._cursor else f"--since=@{max(0, int(self._since))}"
        try:
            self._process = subprocess.Popen(
                command(self._identifier, self._directory, "--follow", "--no-tail", start),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            self._standing = Standing(CheckState.BROKEN, f"{self.name}: journalctl: {error.strerror}")
            return False
        assert self._process.stdout is not None
        self._waker.watch(self._process.stdout.fileno())
        return True

    def _ended(self) -> None:
        code = self._stop_process()
        said = f"{self.name}: journalctl has ended: {self._said or f'exit code {code}'}"
        if self._standing.detail != said:
            log.warning("%s; it is started anew", said)
        self._standing, self._said = Standing(CheckState.BROKEN, said), ""

    def _stop_process(self) -> int | None:
        process, self._process, self._rest = self._process, None, b""
        if process is None:
            return None
        assert process.stdout is not None
        self._waker.forget(process.stdout.fileno())
        process.stdout.close()
        process.kill()
        return process.wait()

    def wake(self) -> None:
        self._waker.wake()

    def close(self) -> None:
        self._stop_process()
        self._waker.close()


def past_entries(identifier: str, directory: str, since: float, timeout: float) -> Iterator[Line]:
    """What the journal holds from `since` on. OSError when it cannot be read within `timeout` seconds."""
    if absent := missing(directory):
        raise FileNotFoundError(absent)
    try:
        done = subprocess.run(
            command(identifier, directory, f"--since=@{max(0, int(since))}"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"journalctl did not end within {timeout:g}s") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise OSError(f"journalctl: {said[-1] if said else f'exit code {done.returncode}'}")
    found = (entry(raw) for raw in done.stdout.splitlines())
    return (each[0] for each in found if each is not None)
