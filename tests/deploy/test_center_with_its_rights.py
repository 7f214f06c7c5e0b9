"""The whole center on nothing but a token of the service account of deploy/."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.manifests import Kubectl

pytestmark = pytest.mark.cluster


@pytest.fixture
def flags(as_the_center: Kubectl, tmp_path: Path) -> list[str]:
    return ["--kubeconfig", str(as_the_center.kubeconfig), "--data-dir", str(tmp_path / "data")]


@pytest.fixture
def address(flags: list[str], tmp_path: Path) -> Iterator[str]:
    """Of a center that runs with these rights."""
    command = [sys.executable, "-m", "eventcenter", "run", "--listen", "127.0.0.1:0", *flags]
    environment = {**os.environ, "HOME": str(tmp_path)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        yield next(line.split()[-1].rstrip("/") for line in lines if line.startswith("eventcenter is at "))
    finally:
        process.terminate()
        process.communicate(timeout=30)


def read(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


def test_it_gets_ready_and_shows_new_events(address: str, kubectl: Kubectl, own_namespace: str) -> None:
    deadline = time.monotonic() + 60
    while (answer := read(f"{address}/readyz"))["status"] != "ready":
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "with-its-rights", "namespace": own_namespace},
        "involvedObject": {"kind": "Pod", "name": "watched", "namespace": own_namespace},
        "reason": "Testing",
        "type": "Normal",
    }
    kubectl.apply([event])
    while not read(f"{address}/api/v1/events?namespace={own_namespace}&name=watched")["events"]:
        assert time.monotonic() < deadline, "the event never showed"
        time.sleep(0.1)


def test_the_doctor_misses_no_right(flags: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eventcenter", "doctor", *flags]
    environment = {**os.environ, "HOME": str(tmp_path)}
    asked = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "list events" in asked.stdout and "watch events" in asked.stdout


def test_the_cluster_may_be_told_apart(as_the_center: Kubectl) -> None:
    assert as_the_center.json("get", "namespace", "kube-system")["metadata"]["uid"]
    assert as_the_center.run("get", "namespace", "default").returncode != 0
