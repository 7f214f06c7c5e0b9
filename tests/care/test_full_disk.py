"""A real disk that is full: the watch waits, everybody is told why, reads work, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.care.center import Start, fill_up, get, until
from tests.care.stored import stored_uids
from tests.watch.fake_cluster import FakeCluster

BALLAST = 6 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """12 MB that are really a file system of their own, half of them taken."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    (disk / "ballast").write_bytes(b"x" * BALLAST)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("killed", [False, True])
def test_nothing_is_lost(disk: Path, cluster: FakeCluster, start: Start, killed: bool) -> None:
    fill_up(cluster, 0, 100)
    process = start()
    until(lambda: get("/readyz")[0] == 200)
    fill_up(cluster, 100, 8000)
    until(lambda: get("/readyz")[0] == 503)
    code, text = get("/readyz")
    assert code == 503 and "full" in text
    assert "full" in get("/")[1]
    code, text = get("/api/v1/events?limit=5")
    assert (code, len(json.loads(text)["events"])) == (200, 5)
    assert 'eventcenter_store_writable{instance="default"} 0.0' in get("/metrics")[1]
    if killed:
        process.kill()
        process.wait()
        process = start()
        until(lambda: process.poll() is not None or get("/readyz")[0] == 503)
    (disk / "ballast").unlink()
    if process.poll() is not None:
        process = start()
    fill_up(cluster, 8100, 1)
    # Room for some; then the rest of what is too much for this disk is taken from another place.
    subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
    until(lambda: get("/readyz")[0] == 200 and len(stored_uids(disk / "data")) == 8101)
    assert stored_uids(disk / "data") == set(cluster.held())
    process.terminate()
    assert process.wait(10) == 0
