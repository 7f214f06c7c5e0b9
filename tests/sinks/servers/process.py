"""A real server as a process of its own: started on a free port, killed with -9, started again on the same files.

Used by the tests and by `bench.sinks`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

STARTS_S = 60.0


class Missing(Exception):
    """The server is not installed here."""


def binary(*names: str) -> str:
    """The first of these programs that is installed. Missing when none is."""
    for name in names:
        if found := shutil.which(name):
            return found
    raise Missing(f"{' or '.join(names)} is not installed here")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Server(ABC):
    """Made with a directory of its own; `prepare` once, then `start`, `kill` and `stop` as often as wanted."""

    user: str | None = None
    """Whom it runs as where the tests run as root, for servers that refuse to."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Files that it needs. Missing where it is not installed."""

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool:
        """Whether it is ready; may raise OSError while it is not."""

    def start(self) -> None:
        with (self.directory / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.as_user(self.command()), stdout=output, stderr=output, start_new_session=True
            )
        until = time.monotonic() + STARTS_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                if self.answers():
                    return
            time.sleep(0.05)
        said = (self.directory / "output").read_text(errors="replace")[-2000:]
        self.kill()
        raise RuntimeError(f"{self.command()[0]} does not start:\n{said}")

    def kill(self) -> None:
        """All its processes at once, as by `kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """It takes connections and says nothing, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        for pid in (self._process.pid, *_children(self._process.pid)):
            os.kill(pid, number)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        others = _children(process.pid) if number == signal.SIGKILL else []
        for pid in (process.pid, *others):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)

    def run(self, command: list[str]) -> None:
        """A tool of the server, to its end."""
        done = subprocess.run(self.as_user(command), capture_output=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stderr.decode(errors='replace')[-2000:]}")

    def as_user(self, command: list[str]) -> list[str]:
        if self.user is None or os.geteuid() != 0:
            return command
        shutil.chown(self.directory, self.user)
        return [binary("setpriv"), f"--reuid={self.user}", "--clear-groups", "--", *command]

    def connects(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), 1):
            return True


class Store(Server):
    """One that can be asked what it has."""

    @abstractmethod
    def address(self, table: str) -> str:
        """Of a sink that writes there. With a secret, if the kind has any."""

    @abstractmethod
    def rows(self, table: str) -> list[tuple[str, str]]:
        """(uid, message) of every event that is there, as often as it is there."""


def _children(pid: int) -> list[int]:
    """Some servers give each connection a process, in a group of its own."""
    with contextlib.suppress(OSError):
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in listed.split()]
    return []
