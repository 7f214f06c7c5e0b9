"""A start reads the same little of a file however large it is; a stop leaves one whole file."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bench.filled import filled_store
from eventcenter.store import database_path, open_writer
from tests.care.center import Start, fill_up, get, until
from tests.watch.fake_cluster import FakeCluster

A_START_READS = 4 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return tmp_path


def bytes_read() -> int:
    """By this process so far, also from the page cache."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def test_a_start_reads_little_of_a_large_file(disk: Path) -> None:
    if not Path("/proc/self/io").exists():
        pytest.skip("needs /proc/self/io, which Linux has")
    with filled_store(disk / "data", 30_000):
        pass
    path = database_path(disk / "data", "default")
    assert path.stat().st_size > 2 * A_START_READS
    before = bytes_read()
    opened = open_writer(disk / "data", "default", clock=lambda: time.time_ns() // 1_000_000)
    read = bytes_read() - before
    opened.close()
    assert 0 < read < A_START_READS


def test_a_stop_leaves_one_file(disk: Path, cluster: FakeCluster, start: Start) -> None:
    fill_up(cluster, 0, 500)
    process = start()
    until(lambda: get("/readyz")[0] == 200)
    assert get("/")[0] == 200
    process.terminate()
    assert process.wait(10) == 0
    directory = database_path(disk / "data", "default").parent
    assert [file.name for file in directory.iterdir()] == ["events.db"]
