"""Container engines for tests: one that hangs on demand, and the real containerd."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SETTINGS = bytes.fromhex("000000040000000000")
ANSWER = bytes.fromhex("0000010105000000010088")[:9] + b"\x88"
"""Headers on stream 1: `:status: 200`."""


class Engine:
    """Listens on a unix socket. While `reply` is None it accepts and never answers."""

    def __init__(self, path: Path) -> None:
        self.reply: list[bytes] | None = []
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._held: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self.reply is None:
                self._held.append(connection)
                continue
            with connection:
                connection.recv(4096)
                for part in self.reply:
                    connection.sendall(part)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for one in (self._listener, *self._held):
            one.close()


@contextmanager
def real_containerd() -> Iterator[tuple[Path, int]]:
    """Its socket and pid. Its directory is a short one of its own: addresses of sockets have 107 characters."""
    program = shutil.which("containerd")
    if program is None or os.geteuid() != 0:
        pytest.skip("needs containerd and root")
    with tempfile.TemporaryDirectory(prefix="ctd") as directory:
        here = Path(directory)
        (here / "run").mkdir()
        path = here / "run/containerd.sock"
        config = here / "config.toml"
        config.write_text(
            f'version = 2\nroot = "{here}/root"\nstate = "{here}/state"\n'
            f'[grpc]\naddress = "{path}"\n[ttrpc]\naddress = "{here}/ttrpc.sock"\n'
        )
        process = subprocess.Popen([program, "--config", str(config)], stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 20
            while not path.exists() and time.monotonic() < until:
                time.sleep(0.05)
            yield path, process.pid
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(10)
