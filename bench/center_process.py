"""`eventcenter run` in a process of its own: how every trial and benchmark starts it, and what its API shows."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

UP_S = 30.0
END_S = 15.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class CenterProcess:
    """Killed and started at will on the same data directory and address.

    `flags` are those of `eventcenter run`; what it logs is added to `log` (nowhere without one). `prefix` is a command
    that ends by executing the one after it, to put the process somewhere first.
    """

    def __init__(
        self, data_dir: Path, *flags: str, log: Path | None = None, prefix: Sequence[str] = ()
    ) -> None:
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        self._log = log
        self._command = [
            *prefix, sys.executable, "-m", "eventcenter", "run", "--data-dir", str(data_dir), "--listen", address,
            *flags,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """RuntimeError before `start`."""
        if self._process is None:
            raise RuntimeError("the center was not started")
        return self._process.pid

    def start(self) -> None:
        with open(self._log, "ab") if self._log else contextlib.nullcontext(subprocess.DEVNULL) as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def wait_until_up(self, path: str = "/readyz", every: float = 0.1, patience: float = UP_S) -> None:
        """Until `path` answers 200; RuntimeError when the process ends before or `patience` seconds are over."""
        deadline = time.monotonic() + patience
        while not self._answers(path):
            if time.monotonic() > deadline or not self.alive():
                raise RuntimeError(f"the center does not come up: {self.logged()[-500:]}")
            time.sleep(every)

    def _answers(self, path: str) -> bool:
        try:
            self.page(path)
        except OSError:
            return False
        return True

    def logged(self) -> str:
        return self._log.read_text() if self._log and self._log.exists() else ""

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, number: int) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        return self._process.wait(END_S)

    def page(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=30) as response:
            body: bytes = response.read()
            return body

    def get(self, path: str) -> Any:
        return json.loads(self.page(path))

    def events(self, namespace: str) -> dict[str, list[int]]:
        """uid → the counts of every row that the API shows for it (more than one would be a duplicate)."""
        found: dict[str, list[int]] = {}
        cursor = ""
        while True:
            page = self.get(
                f"/api/v1/events?namespace={namespace}&limit=1000" + (f"&cursor={cursor}" if cursor else "")
            )
            for event in page["events"]:
                found.setdefault(event["uid"], []).append(event["count"])
            cursor = page["next"]
            if not cursor:
                return found
