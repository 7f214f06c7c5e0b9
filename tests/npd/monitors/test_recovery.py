"""Conditions that end without a line that says so."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from npd.checks.frame import Host
from npd.monitors.engine import LogEngine
from npd.monitors.rechecks import mount_read_only, mount_shut_down, task_blocked
from tests.npd.monitors.making import condition, lines, log_config

HUNG = "INFO: task docker:{} blocked for more than 120 seconds."
READ_ONLY = "EXT4-fs (sda1): Remounting filesystem read-only"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A node that nothing is wrong with."""
    made = Host(tmp_path / "proc", tmp_path / "sys")
    (made.proc / "1/root").mkdir(parents=True)
    (made.proc / "stat").write_text("cpu 1\n")
    device = made.sys / "class/block/sda1"
    device.mkdir(parents=True)
    (device / "dev").write_text("8:1\n")
    mounted(made, "rw")
    return made


def mounted(host: Host, options: str, point: str = "/data", number: str = "8:1") -> None:
    line = f"30 1 {number} / {point} rw,relatime shared:1 - ext4 /dev/mapper/x {options},errors=remount-ro\n"
    (host.proc / "1/mountinfo").write_text(f"29 1 0:5 / /proc ro - proc proc ro\n{line}")


def task(host: Host, pid: int, state: str) -> None:
    (host.proc / str(pid)).mkdir(exist_ok=True)
    (host.proc / str(pid) / "stat").write_text(f"{pid} (a) (b) {state} 1 2 3\n")


def engine(host: Host, remembered: Any = (), **keys: Any) -> LogEngine:
    declared = {"type": "C", "reason": "Ok", "message": "fine", **keys}
    rule = {"type": "permanent", "reason": "Bad", "condition": "C", "pattern": ".*"}
    return LogEngine(log_config(rule, conditions=[declared]), 0.0, remembered, host)


def test_after_a_time_without_confirmation(host: Host) -> None:
    made = engine(host, ttl="10s")
    made.feed(lines("bad", start=100.0))
    assert made.recovered(109.0) == []
    made.feed(lines("bad", start=109.0))
    assert made.recovered(118.0) == []
    (event,) = made.recovered(120.0)
    assert event.message == 'Node condition C is now: False, reason: Ok, message: "fine"'
    assert made.recovered(200.0) == []


def test_when_the_last_task_goes_on(host: Host) -> None:
    made = engine(host, recheck="blocked-task")
    task(host, 7, "D")
    task(host, 8, "D")
    made.feed(lines(HUNG.format(7), HUNG.format(8)))
    assert made.recovered(10.0) == []
    task(host, 7, "S")
    assert made.recovered(20.0) == []
    task(host, 8, "R")
    assert len(made.recovered(30.0)) == 1


def test_not_before_it_has_stood_for_a_while(host: Host) -> None:
    made = engine(host, recheck="blocked-task", hold="5m")
    made.feed(lines(HUNG.format(7), start=100.0))
    assert made.recovered(399.0) == []
    assert len(made.recovered(400.0)) == 1


def test_a_condition_from_before_a_restart_ends_too(host: Host) -> None:
    remembered = [condition("C", reason="Bad", message=HUNG.format(7))]
    task(host, 7, "D")
    made = engine(host, remembered, recheck="blocked-task")
    assert made.recovered(10.0) == []
    task(host, 7, "S")
    assert len(made.recovered(20.0)) == 1


def test_a_file_system_that_is_writable_again(host: Host) -> None:
    made = engine(host, recheck="read-only-mount")
    mounted(host, "ro")
    made.feed(lines(READ_ONLY))
    assert made.recovered(10.0) == []
    mounted(host, "rw")
    assert len(made.recovered(20.0)) == 1


def test_tasks(host: Host) -> None:
    task(host, 7, "D")
    assert task_blocked(HUNG.format(7), host)
    assert not task_blocked(HUNG.format(8), host)
    assert task_blocked("something else", host)
    assert task_blocked("INFO: task kworker/u8:2:7 blocked in I/O wait for more than 120 seconds.", host)
    (host.proc / "stat").unlink()
    assert task_blocked(HUNG.format(8), host)


def test_mounts(host: Host) -> None:
    assert not mount_read_only(READ_ONLY, host)
    mounted(host, "ro", number="8:2")
    assert not mount_read_only(READ_ONLY, host)
    mounted(host, "ro")
    assert mount_read_only(READ_ONLY, host)
    assert mount_read_only("no device named", host)
    (host.proc / "1/mountinfo").unlink()
    assert mount_read_only(READ_ONLY, host)


def test_an_ext4_of_newer_kernels_says_rw_and_means_read_only(host: Host) -> None:
    mounted(host, "rw,emergency_ro")
    assert mount_read_only(READ_ONLY, host)


@pytest.fixture
def failing_ext4(tmp_path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """The device of a mounted file system that goes read-only at its first error, and what makes the error."""
    image, point = tmp_path / "image", tmp_path / "mount"
    point.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    try:
        subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
        options = ["-o", "loop,errors=remount-ro"]
        subprocess.run(["mount", *options, image, point], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    device = next(
        line.split()[0] for line in Path("/proc/mounts").read_text().splitlines() if str(point) in line
    )
    name = device.removeprefix("/dev/")
    trigger = Path(f"/sys/fs/ext4/{name}/trigger_fs_error")
    try:
        if not trigger.exists():
            pytest.skip("this kernel makes no errors of ext4 on demand")
        yield name, lambda: trigger.write_text("eventcenter test") and None
    finally:
        subprocess.run(["umount", point], check=True)


def test_a_real_file_system_that_goes_read_only(failing_ext4: tuple[str, Callable[[], None]]) -> None:
    name, fail = failing_ext4
    line = f"EXT4-fs ({name}): Remounting filesystem read-only"
    assert not mount_read_only(line, Host())
    fail()
    deadline = time.monotonic() + 10
    while not mount_read_only(line, Host()) and time.monotonic() < deadline:
        time.sleep(0.02)  # the kernel does it in a thread of its own
    assert mount_read_only(line, Host())


def test_a_device_that_is_gone_is_not_mounted(host: Host) -> None:
    assert not mount_read_only("EXT4-fs (sdz9): Remounting filesystem read-only", host)


def test_an_xfs_that_answers_is_not_shut_down(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "XFS (sda1): Filesystem has been shut down due to log error (0x2)."
    (host.proc / "1/root/data").mkdir()
    assert not mount_shut_down(line, host)

    def fails(path: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("npd.monitors.rechecks.os.lstat", fails)
    assert mount_shut_down(line, host)
