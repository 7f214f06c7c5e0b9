"""A source and `eventcenter run` watching it, each a process of its own, for the figures of the whole program."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Running:
    """The center of a benchmark. `get` reads its API."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._process = process

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self._base + path, timeout=30) as response:
            return json.load(response)

    def page(self, path: str) -> bytes:
        with urllib.request.urlopen(self._base + path, timeout=30) as response:
            body: bytes = response.read()
            return body

    def newest_seq(self) -> int:
        seq: int = self.get("/api/v1/changes?after=latest&limit=1")["next"]
        return seq

    def memory_mib(self) -> tuple[float, float]:
        """Resident memory now and at its highest."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        now, peak = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return now, peak

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def center_watching(changes: int, rate: float, data_dir: Path) -> Iterator[Running]:
    """Yields once the API answers; both processes end with the block."""
    source_port, port = free_port(), free_port()
    wanted = ["--port", str(source_port), "--changes", str(changes), "--rate", str(rate)]
    source = subprocess.Popen([sys.executable, "-m", "bench.source", *wanted], stdout=subprocess.PIPE)
    assert source.stdout is not None
    try:
        source.stdout.readline()
        uri = f"kubernetes:http://127.0.0.1:{source_port}?inClusterConfig=false"
        wanted = ["--source", uri, "--data-dir", str(data_dir), "--listen", f"127.0.0.1:{port}"]
        center = subprocess.Popen(
            [sys.executable, "-m", "eventcenter", "run", *wanted], stderr=subprocess.DEVNULL
        )
        try:
            running = Running(port, center)
            _wait_until_up(running)
            yield running
        finally:
            center.terminate()
            center.wait(15)
    finally:
        source.terminate()
        source.wait(15)
        source.stdout.close()


def _wait_until_up(running: Running) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            running.get("/api/v1/changes?after=latest&limit=1")
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
