"""Runs a plugin: a program of somebody else's, that may hang, flood its output or leave children behind."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence

from npd.monitors.plugin_rules import Outcome, Result
from npd.monitors.texts import SPACE, quoted

log = logging.getLogger(__name__)

KEPT_BYTES = 4096
"""Of each of a plugin's two outputs; the rest is read and dropped, so that it never waits for us."""
CHUNK_BYTES = 65536
REAP_S = 1.0
"""How long a killed plugin may take to be gone. In uninterruptible sleep it stays; then nobody waits for it."""
NOT_STARTED = "Error in starting plugin. Please check the error log"


class Run:
    """One run, for one thread. `finish` returns within `timeout` + REAP_S."""

    def __init__(self, path: str, args: Sequence[str], timeout: float, max_output: int) -> None:
        self._path = path
        self._args = args
        self._timeout = timeout
        self._max_output = min(max_output, KEPT_BYTES)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def gone(self) -> bool:
        """False while the program is there still, killed and not dead."""
        return self._process is None or self._process.poll() is not None

    def finish(self) -> Result:
        deadline = time.monotonic() + self._timeout
        try:
            self._process = subprocess.Popen(
                [self._path, *self._args],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            log.warning("plugin %s cannot be started: %s", self._path, error)
            return self._result(Outcome.UNKNOWN, NOT_STARTED)
        return self._finish(self._process, deadline)

    def kill(self) -> None:
        """The program and what it started."""
        process = self._process
        if process is not None and process.returncode is None:
            # The leader is not reaped yet, so the number of its group is nobody else's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

    def _finish(self, process: subprocess.Popen[bytes], deadline: float) -> Result:
        with Outputs(process) as outputs:
            in_time = outputs.read_all(deadline) and _exited(process, deadline)
            if not in_time:
                self.kill()
                outputs.read_all(time.monotonic() + 0.05)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(REAP_S)
        if outputs.err:
            log.debug("plugin %s wrote to stderr: %s", self._path, outputs.err.decode(errors="replace"))
        out = _text(bytes(outputs.out)).strip(SPACE)
        if not in_time:
            said = f"state - {_state(process.returncode)}. output - {quoted(out)}"
            return self._result(Outcome.UNKNOWN, f"Timeout when running plugin {quoted(self._path)}: {said}")
        return self._result(Outcome.of_exit(process.returncode), out)

    def _result(self, outcome: Outcome, message: str) -> Result:
        return Result(outcome, _text(message.encode("utf-8", "replace")[: self._max_output]))


def _text(data: bytes) -> str:
    """A character that was cut in two at the end is left out."""
    for cut in range(min(4, len(data) + 1)):
        try:
            return data[: len(data) - cut].decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                break
    return data.decode("utf-8", "replace")


def _exited(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Waits for the end without reaping."""
    pause = 0.001
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    return True


def _state(code: int | None) -> str:
    """In Go's words. None: killed, and not dead yet."""
    if code is not None and code >= 0:
        return f"exit status {code}"
    number = signal.SIGKILL if code is None else -code
    return f"signal: {_SIGNALS.get(number, str(number))}"


_SIGNALS: dict[int, str] = {
    signal.SIGHUP: "hangup",
    signal.SIGINT: "interrupt",
    signal.SIGABRT: "aborted",
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "segmentation fault",
    signal.SIGTERM: "terminated",
}


class Outputs:
    """Both outputs of a process, read together. All that hold them open count, not only the process itself."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None and process.stderr is not None
        self._streams = (process.stdout, process.stderr)
        self._kept: dict[int, bytearray] = {}
        self.out, self.err = bytearray(), bytearray()
        self._selector = selectors.DefaultSelector()
        for stream, kept in zip(self._streams, (self.out, self.err), strict=True):
            os.set_blocking(stream.fileno(), False)
            self._kept[stream.fileno()] = kept
            self._selector.register(stream.fileno(), selectors.EVENT_READ)

    def __enter__(self) -> Outputs:
        return self

    def __exit__(self, *exc: object) -> None:
        self._selector.close()
        for stream in self._streams:
            stream.close()

    def read_all(self, deadline: float) -> bool:
        """False when somebody still held one open at the deadline."""
        while self._selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            for key, _ in self._selector.select(left):
                self._read(key.fd)
        return True

    def _read(self, descriptor: int) -> None:
        data = os.read(descriptor, CHUNK_BYTES)
        if not data:
            self._selector.unregister(descriptor)
        kept = self._kept[descriptor]
        kept += data[: KEPT_BYTES - len(kept)]
