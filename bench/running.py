"""A source and `eventcenter run` watching it, each a process of its own, for the figures of the whole program."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.center_process import CenterProcess, free_port


class Running:
    """The center of a benchmark. `get` reads its API."""

    def __init__(self, process: CenterProcess) -> None:
        self.process = process

    def get(self, path: str) -> Any:
        return self.process.get(path)

    def page(self, path: str) -> bytes:
        return self.process.page(path)

    def newest_seq(self) -> int:
        seq: int = self.get("/api/v1/changes?after=latest&limit=1")["next"]
        return seq

    def memory_mib(self) -> tuple[float, float]:
        """Resident memory now and at its highest."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        now, peak = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return now, peak

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


@contextmanager
def source_of(changes: int, rate: float, after: int = 1) -> Iterator[str]:
    """The address of a source that brings `changes` from the resourceVersion `after` on, `rate` a second, as soon as it
    is watched (0: as fast as they are taken), for `--source`. It ends with the block."""
    port = free_port()
    wanted = ["--port", str(port), "--changes", str(changes), "--rate", str(rate), "--after", str(after)]
    source = subprocess.Popen([sys.executable, "-m", "bench.source", *wanted], stdout=subprocess.PIPE)
    assert source.stdout is not None
    try:
        if source.stdout.readline() != b"ready\n":
            raise RuntimeError("the source does not start")
        yield f"kubernetes:http://127.0.0.1:{port}?inClusterConfig=false"
    finally:
        source.terminate()
        source.wait(15)
        source.stdout.close()


@contextmanager
def center_of(
    source: str, data_dir: Path, *flags: str, log: Path | None = None, prefix: Sequence[str] = ()
) -> Iterator[Running]:
    """A started center, perhaps not answering yet; the process ends with the block, killed when it does not go."""
    center = CenterProcess(data_dir, "--source", source, *flags, log=log, prefix=prefix)
    center.start()
    try:
        yield Running(center)
    finally:
        try:
            center.stop()
        except subprocess.TimeoutExpired:
            center.kill()
            raise


@contextmanager
def center_watching(changes: int, rate: float, data_dir: Path) -> Iterator[Running]:
    """Yields once the API answers; both processes end with the block."""
    with source_of(changes, rate) as source, center_of(source, data_dir) as running:
        running.process.wait_until_up("/api/v1/changes?after=latest&limit=1")
        yield running
