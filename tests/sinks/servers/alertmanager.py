"""A real Alertmanager, where it is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

NAMES = ("prometheus-alertmanager", "alertmanager")
CONFIG = """\
global: {resolve_timeout: 1s}
route: {receiver: none, group_wait: 0s, group_interval: 1s}
receivers: [{name: none}]
"""


class Alertmanager:
    def __init__(self, directory: Path) -> None:
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            pytest.skip("no Alertmanager is installed (Debian: prometheus-alertmanager)")
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        config = directory / "alertmanager.yml"
        config.write_text(CONFIG)
        with (directory / "alertmanager.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    program,
                    f"--config.file={config}",
                    f"--storage.path={directory / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                    "--cluster.listen-address=",
                ],
                stdout=log,
                stderr=log,
            )
        self._wait(log.name)

    def _wait(self, log: str) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/-/ready", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        self.close()
        pytest.fail(f"Alertmanager does not start: {Path(log).read_text()[-2000:]}")

    def alerts(self, **wanted: str) -> list[dict[str, Any]]:
        """The active ones with these labels."""
        params = [("filter", f'{name}="{value}"') for name, value in wanted.items()]
        answer = httpx.get(f"{self.url}/api/v2/alerts", params=params, trust_env=False)
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
