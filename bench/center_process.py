"""`eventcenter run` in a process of its own, and what its API shows."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


class CenterProcess:
    """`eventcenter run` in a process of its own, killed and started at will on the same data directory."""

    def __init__(self, kubeconfig: Path, data_dir: Path, namespace: str, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            address = "{}:{}".format(*probe.getsockname())
        self.url = f"http://{address}"
        self._log = log
        self._command = [
            sys.executable, "-m", "eventcenter", "run", "--kubeconfig", str(kubeconfig), "--data-dir", str(data_dir),
            "--listen", address, "--namespace", namespace,
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz", timeout=5):
                return
            if time.monotonic() > deadline or not self.alive():
                raise RuntimeError(f"the center does not come up: {self._log.read_text()[-500:]}")
            time.sleep(0.1)

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
        return self._process.wait(15)

    def events(self, namespace: str) -> dict[str, list[int]]:
        """uid → the counts of every row that the API shows for it (more than one would be a duplicate)."""
        found: dict[str, list[int]] = {}
        cursor = ""
        while True:
            url = f"{self.url}/api/v1/events?namespace={namespace}&limit=1000" + (
                f"&cursor={cursor}" if cursor else ""
            )
            with urllib.request.urlopen(url, timeout=30) as response:
                page = json.load(response)
            for event in page["events"]:
                found.setdefault(event["uid"], []).append(event["count"])
            cursor = page["next"]
            if not cursor:
                return found
