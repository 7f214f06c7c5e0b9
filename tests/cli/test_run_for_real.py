"""`run` on a real API server, as its user meets it: start, look, be refused a second start, stop, start again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.watch.connection import Connection

pytestmark = pytest.mark.cluster

Command = Callable[..., "subprocess.CompletedProcess[str]"]
STOP_S = 5.0


@pytest.fixture
def namespace(admin: Connection) -> Iterator[str]:
    name = f"cli-{uuid.uuid4().hex[:8]}"
    assert admin.request("POST", "/api/v1/namespaces", body={"metadata": {"name": name}}).status == 201
    yield name
    admin.request("DELETE", f"/api/v1/namespaces/{name}")


def create_event(admin: Connection, namespace: str, name: str) -> None:
    body: dict[str, Any] = {
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": "Pod", "name": name, "namespace": namespace},
        "reason": "Testing",
        "message": "seen on the command line",
        "type": "Warning",
    }
    answer = admin.request("POST", f"/api/v1/namespaces/{namespace}/events", body=body)
    assert answer.status == 201, answer


Start = Callable[[], "tuple[subprocess.Popen[str], str]"]


@pytest.fixture
def start(
    home: Path, environment: dict[str, str], cluster_kubeconfig: Path, namespace: str
) -> Iterator[Start]:
    """Starts `run` for the namespace; the process and the address that it listens on."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> tuple[subprocess.Popen[str], str]:
        flags = ["--listen", "127.0.0.1:0", "--data-dir", "data", "--namespace", namespace]
        process = subprocess.Popen(
            [sys.executable, "-m", "eventcenter", "run", "--kubeconfig", str(cluster_kubeconfig), *flags],
            cwd=home,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("eventcenter is at http://"):
                return process, line.removeprefix("eventcenter is at http://").strip().strip("/")
        raise AssertionError("it ended before it listened")

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def listed(command: Command, count: int) -> list[str]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done = command("events", "--data-dir", "data", "-o", "json", "--reason", "Testing", "--order", "asc")
        names = [json.loads(line)["name"] for line in done.stdout.splitlines()]
        if len(names) >= count:
            return names
    raise AssertionError(f"never {count} events: {names} {done.stderr}")


def stop(process: subprocess.Popen[str]) -> None:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert time.monotonic() - began < STOP_S


def test_a_day_of_a_user(
    start: Start, command: Command, admin: Connection, namespace: str, cluster_kubeconfig: Path
) -> None:
    create_event(admin, namespace, "before")
    process, address = start()
    assert listed(command, 1) == ["before"]
    create_event(admin, namespace, "during")
    assert sorted(listed(command, 2)) == ["before", "during"]

    flags = ["--data-dir", "data", "--kubeconfig", str(cluster_kubeconfig), "--namespace", namespace]
    second = command("run", *flags, "--listen", "127.0.0.1:0")
    assert second.returncode == 1
    assert f"process {process.pid}" in second.stderr

    examined = command("doctor", *flags, "--listen", address)
    assert examined.returncode == 0, examined.stdout
    assert f"a center answers on http://{address} and is ready" in examined.stdout
    assert f"process {process.pid}" in examined.stdout

    stop(process)
    create_event(admin, namespace, "between")
    process, _ = start()
    assert sorted(listed(command, 3)) == ["before", "between", "during"]
    stop(process)
