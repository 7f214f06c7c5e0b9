"""`eventcenter run` on a disk that a test makes (fixture `disk`), watching a cluster in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.watch.fake_cluster import FakeCluster, Request, serving

ROOT = Path(__file__).parents[2]
URL = "http://127.0.0.1:27080"
READY_S = 40.0


class Greeting(FakeCluster):
    """Says who it is, too."""

    def serve(self, request: Request) -> None:
        if request.path.startswith("/api/v1/namespaces/kube-system") and "limit" not in request.query:
            return request.answer(200, {"kind": "Namespace", "metadata": {"uid": "one"}})
        super().serve(request)


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with serving(Greeting()) as cluster:
        yield cluster


Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(disk: Path, cluster: FakeCluster, tmp_path: Path) -> Iterator[Start]:
    context = {"cluster": "c", "user": "u"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": cluster.url}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": context}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("EVENTCENTER_", "KUBE"))}
    flags = ["--kubeconfig", str(tmp_path / "kubeconfig"), "--data-dir", str(disk / "data")]
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "eventcenter", "run", "--listen", URL.removeprefix("http://"), *flags],
                cwd=tmp_path,
                env=environment | {"PYTHONPATH": str(ROOT)},
                stderr=log,
            )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def get(path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(URL + path, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def fill_up(cluster: FakeCluster, first: int, count: int) -> None:
    for number in range(first, first + count):
        cluster.add(f"e{number}", message=os.urandom(600).hex())
