"""A real disk that becomes read-only under the running center: collecting waits, everybody is told, reading goes on,
and it recovers by itself when the disk is back."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.care.center import Start, fill_up, get, until
from tests.care.stored import stored_uids
from tests.watch.fake_cluster import FakeCluster

SIZE = 96 << 20


def done(*command: object) -> bool:
    try:
        return not subprocess.run(
            [str(part) for part in command], capture_output=True, check=False
        ).returncode
    except FileNotFoundError:
        return False


def mounted(image: Path, where: Path) -> bool:
    return done("mount", "-o", "loop,errors=remount-ro", image, where)


def repaired(image: Path) -> Path:
    """A copy: as long as anything is open on the failed one, mounting it again gives the same failed file system."""
    copy = image.with_name("copy")
    shutil.copy(image, copy)
    subprocess.run(["e2fsck", "-fy", str(copy)], check=False, capture_output=True)
    return copy


def fail(where: Path) -> None:
    """What the kernel does when it meets an error on the disk: the file system is read-only from now on, also for files
    that are open."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        device, at, *_ = line.split()
        if at == str(where):
            (Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error").write_text("test")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An ext4 of its own, without a journal: that would be gone for good after an error."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(SIZE)
    if not done("mkfs.ext4", "-q", "-O", "^has_journal", image):
        pytest.skip("needs mkfs.ext4")
    return image


@pytest.fixture
def disk(tmp_path: Path, image: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not mounted(image, disk):
        pytest.skip("needs the right to mount an image")
    yield disk
    while done("umount", "-l", disk):
        pass


def assert_it_waits_and_says_so(cluster: FakeCluster) -> None:
    until(lambda: get("/readyz")[0] == 503)
    assert "cannot be written" in get("/readyz")[1]
    page = get("/")
    assert page[0] == 200 and "cannot be written" in page[1]
    code, text = get("/api/v1/events?limit=5")
    assert (code, len(json.loads(text)["events"])) == (200, 5)
    assert get("/events?q=failed")[0] == 200
    assert 'eventcenter_store_writable{instance="default"} 0.0' in get("/metrics")[1]


def test_a_disk_that_fails_and_comes_back(
    image: Path, disk: Path, cluster: FakeCluster, start: Start
) -> None:
    fill_up(cluster, 0, 200)
    process = start()
    until(lambda: get("/readyz")[0] == 200 and len(stored_uids(disk / "data")) == 200)
    subprocess.run(["sync", "-f", str(disk)], check=True)
    fail(disk)
    fill_up(cluster, 200, 3000)
    assert_it_waits_and_says_so(cluster)
    assert process.poll() is None
    # Somebody takes it off and puts what can be repaired of it back; what the center has open is of the old one.
    assert done("umount", "-l", disk)
    assert mounted(repaired(image), disk)
    until(lambda: get("/readyz")[0] == 200 and len(stored_uids(disk / "data")) == 3200)
    assert stored_uids(disk / "data") == set(cluster.held())
    process.terminate()
    assert process.wait(10) == 0


def test_stopping_while_it_is_read_only_takes_no_time_and_loses_nothing(
    image: Path, disk: Path, cluster: FakeCluster, start: Start
) -> None:
    fill_up(cluster, 0, 200)
    process = start()
    until(lambda: get("/readyz")[0] == 200 and len(stored_uids(disk / "data")) == 200)
    subprocess.run(["sync", "-f", str(disk)], check=True)
    fail(disk)
    fill_up(cluster, 200, 1000)
    until(lambda: get("/readyz")[0] == 503)
    began = time.monotonic()
    process.terminate()
    assert process.wait(10) == 0
    assert time.monotonic() - began < 5
    assert done("umount", disk)
    assert mounted(repaired(image), disk)
    process = start()
    until(lambda: get("/readyz")[0] == 200 and len(stored_uids(disk / "data")) == 1200)
    assert stored_uids(disk / "data") == set(cluster.held())


class TestWritableAgain:
    """The kernel refuses to remount a file system with files open for writing, and one that failed stays read-only.
    Where a disk does come back under open files (over the network), writing fails for a while: so it does beyond a
    limit on the size of files, which can be set from outside."""

    @pytest.fixture
    def disk(self, tmp_path: Path) -> Path:
        return tmp_path

    def test_it_goes_on_where_it_stopped(self, disk: Path, cluster: FakeCluster, start: Start) -> None:
        fill_up(cluster, 0, 200)
        process = start()
        until(lambda: get("/readyz")[0] == 200 and len(stored_uids(disk / "data")) == 200)
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
        fill_up(cluster, 200, 3000)
        assert_it_waits_and_says_so(cluster)
        assert len(stored_uids(disk / "data")) == 200
        lists = len(cluster.asked("list"))
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        until(lambda: get("/readyz")[0] == 200 and len(stored_uids(disk / "data")) == 3200)
        assert stored_uids(disk / "data") == set(cluster.held())
        assert len(cluster.asked("list")) == lists, "nothing had to be listed again"


class TestAStart:
    @pytest.fixture
    def disk(self, tmp_path: Path) -> Iterator[Path]:
        disk = tmp_path / "disk"
        disk.mkdir()
        if not done("mount", "-t", "tmpfs", "none", disk):
            pytest.skip("needs the right to mount a tmpfs")
        yield disk
        assert done("umount", disk)

    @pytest.mark.parametrize("filled", [False, True])
    def test_on_a_read_only_disk_is_one_line(
        self, disk: Path, cluster: FakeCluster, start: Start, tmp_path: Path, filled: bool
    ) -> None:
        if filled:
            process = start()
            until(lambda: get("/readyz")[0] == 200)
            process.terminate()
            assert process.wait(10) == 0
        assert done("mount", "-o", "remount,ro", disk)
        (tmp_path / "log").write_text("")
        assert start().wait(20) == 1
        assert (tmp_path / "log").read_text() == (
            f"eventcenter: the data directory {disk / 'data'} cannot be written: Read-only file system. "
            "Mount it writable, or choose another with --data-dir.\n"
        )
