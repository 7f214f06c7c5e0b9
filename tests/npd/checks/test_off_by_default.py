"""Checks that have to be switched on: CSI volumes, programs, the release of spot machines."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from npd.checks.frame import Outcome
from npd.checks.volumes import Volumes
from tests.npd.checks.looking import FakeHost, seen


def test_programs_that_have_to_run(fake: FakeHost) -> None:
    fake.process(5, "irqbalance")
    check = seen("programs", fake.host, enabled=True, names=["irqbalance", "a-name-of-more-than-15"])
    assert check.look().message == "not running: a-name-of-more-than-15"
    fake.process(6, "a-name-of-more-")
    assert check.look(after=90).outcome is Outcome.OK


def _volume(root: Path, pod: str, name: str) -> Path:
    path = root / pod / "volumes/kubernetes.io~csi" / name / "mount"
    path.mkdir(parents=True)
    return path


def test_a_volume_that_hangs_is_named_and_asked_by_one_thread_only(tmp_path: Path) -> None:
    release = threading.Event()
    hung = _volume(tmp_path, "uid-1", "pvc-1")
    _volume(tmp_path, "uid-2", "pvc-2")
    asked: list[Path] = []

    def touch(path: Path) -> None:
        asked.append(path)
        if path == hung:
            release.wait()
        raise OSError("an error is an answer")

    volumes = Volumes(tmp_path, 0.05, touch)
    for _ in range(3):
        finding = volumes.look()
        assert finding.message == "1 CSI volumes do not answer within 0.05s: pvc-1 of pod uid-1"
    assert asked.count(hung) == 1
    release.set()
    volumes._seconds = 10.0
    assert volumes.look().outcome is Outcome.OK


def test_no_volume_and_volumes_of_this_machine(fake: FakeHost) -> None:
    check = seen("csi-volumes", fake.host, enabled=True)
    assert check.look().outcome is Outcome.NOT_APPLICABLE
    _volume(fake.host.file("/var/lib/kubelet/pods"), "uid-1", "pvc-1")
    assert check.look().outcome is Outcome.OK


class _Metadata(http.server.BaseHTTPRequestHandler):
    status, text = 404, ""
    asked: list[str]

    def do_GET(self) -> None:
        marks = [f"{name}={self.headers[name]}" for name in ("Metadata-Flavor", "X-aws-ec2-metadata-token")]
        self.asked.append(" ".join([self.path, *(mark for mark in marks if not mark.endswith("None"))]))
        self._answer(self.status, self.text)

    def do_PUT(self) -> None:
        self._answer(200, f"token-for-{self.headers['X-aws-ec2-metadata-token-ttl-seconds']}s")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def metadata() -> Iterator[type[_Metadata]]:
    handler = type("Handler", (_Metadata,), {"asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        handler.address = f"127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
        yield handler
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("cloud", "no", "yes", "asked"),
    [
        ("alibaba", (404, ""), "2026-11-25T16:00:00Z", "/latest/meta-data/instance/spot/termination-time"),
        (
            "aws",
            (404, ""),
            '{"action": "terminate"}',
            "/latest/meta-data/spot/instance-action X-aws-ec2-metadata-token=token-for-60s",
        ),
        ("gcp", (200, "FALSE"), "TRUE", "/computeMetadata/v1/instance/preempted Metadata-Flavor=Google"),
    ],
)
def test_a_machine_that_is_taken_back(
    fake: FakeHost, metadata: type[_Metadata], cloud: str, no: tuple[int, str], yes: str, asked: str
) -> None:
    address: str = metadata.address  # type: ignore[attr-defined]
    check = seen("spot-release", fake.host, enabled=True, cloud=cloud, address=address)
    metadata.status, metadata.text = no
    assert check.look().outcome is Outcome.OK
    metadata.status, metadata.text = 200, yes
    check.look()

    assert check.conditions["InstanceExpired"].reason == "InstanceToBeTerminated"
    assert check.conditions["InstanceExpired"].message == f"{cloud} takes this machine back: {yes}"
    assert metadata.asked == [asked, asked]
    metadata.status = 500
    assert check.look().outcome is Outcome.UNKNOWN


def test_no_metadata_service_is_unknown(fake: FakeHost) -> None:
    check = seen("spot-release", fake.host, enabled=True, address="127.0.0.1:1")

    assert check.look().message == "metadata of alibaba: Connection refused"
