"""File systems that became read-only, and those that are meant to be."""

from __future__ import annotations

import os

import pytest

from npd.checks import reading
from npd.checks.frame import Outcome
from tests.npd.checks.looking import FakeHost, Seen, seen

ROOT = "/dev/sda1 / ext4 rw,relatime,errors=remount-ro 0 0"
READ_ONLY_ROOT = "/dev/sda1 / ext4 ro,relatime,errors=remount-ro 0 0"


def mounted(fake: FakeHost, *lines: str) -> None:
    fake.proc({"1/mounts": "\n".join(lines) + "\n"})


def check(fake: FakeHost) -> Seen:
    return seen("read-only", fake.host)


def test_a_remount_is_seen_and_its_end_as_well(fake: FakeHost) -> None:
    mounted(fake, ROOT)
    looking = check(fake)
    looking.look()
    mounted(fake, READ_ONLY_ROOT)
    looking.look()
    condition = looking.conditions["ReadonlyFilesystem"]
    assert (condition.status, condition.reason) == ("True", "FilesystemIsReadOnly")
    assert condition.message == "read-only: /dev/sda1 on / (ext4)"

    mounted(fake, ROOT)
    looking.look()
    assert looking.conditions["ReadonlyFilesystem"].status == "False"


def test_what_a_node_must_write_to_is_bad_from_the_first_look(fake: FakeHost) -> None:
    mounted(fake, READ_ONLY_ROOT)

    assert check(fake).look().outcome is Outcome.BAD


def test_a_data_disk_is_bad_once_it_was_writable(fake: FakeHost) -> None:
    mounted(fake, ROOT, "/dev/sdb1 /data\\040disk xfs rw 0 0")
    looking = check(fake)
    looking.look()
    mounted(fake, ROOT, "/dev/sdb1 /data\\040disk xfs ro 0 0")

    assert looking.look().message == "read-only: /dev/sdb1 on /data disk (xfs)"
    assert looking.look().outcome is Outcome.BAD  # and stays so


@pytest.mark.parametrize(
    "line",
    [
        "/dev/loop0 /snap/core squashfs ro 0 0",
        "/dev/sr0 /media iso9660 ro 0 0",
        "/dev/sda3 /usr ext4 ro 0 0",
        "tmpfs /run/credentials tmpfs ro 0 0",
        "overlay /var/lib/docker/x overlay ro 0 0",
        "broken",
        "",
    ],
)
def test_what_is_meant_to_be_read_only_is_well(fake: FakeHost, line: str) -> None:
    mounted(fake, ROOT, line)

    assert check(fake).look().outcome is Outcome.OK


def test_a_read_only_bind_mount_of_a_writable_file_system_is_well(fake: FakeHost) -> None:
    fake.proc(
        {
            "1/mountinfo": "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
            "23 22 8:1 /etc /var/log ro,relatime shared:2 master:3 - ext4 /dev/sda1 rw\n"
        }
    )
    assert check(fake).look().outcome is Outcome.OK
    fake.proc({"1/mountinfo": "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 ro,errors=remount-ro\n"})
    assert check(fake).look().outcome is Outcome.BAD


def test_newer_kernels_mark_the_file_system_and_leave_it_writable_by_name(fake: FakeHost) -> None:
    mounted(fake, ROOT, "/dev/sdb1 /data ext4 rw,emergency_ro 0 0")

    assert check(fake).look().message == "read-only: /dev/sdb1 on /data (ext4)"


def test_a_list_that_comes_a_page_at_a_time_is_read_whole() -> None:
    """As mountinfo of a node with many Pods."""
    with open("/proc/self/smaps", "rb") as file:
        assert len(reading.read("/proc/self/smaps")) > len(os.read(file.fileno(), 65536)) > 0
