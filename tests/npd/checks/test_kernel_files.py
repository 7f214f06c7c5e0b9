"""Checks of single files of the kernel: limits, and what a file that is odd or missing leads to."""

from __future__ import annotations

from pathlib import Path

import pytest

from npd.checks.frame import Host, Outcome
from npd.model import CheckState
from tests.npd.checks.looking import FakeHost, seen

CONNTRACK = "sys/net/netfilter/nf_conntrack_"
OLD_CONNTRACK = "sys/net/ipv4/netfilter/ip_conntrack_"


@pytest.mark.parametrize(
    ("name", "files", "outcome"),
    [
        ("fd", {"sys/fs/file-nr": "8000\t0\t10000\n"}, "ok"),
        ("fd", {"sys/fs/file-nr": "8001\t0\t10000\n"}, "bad"),
        ("fd", {"sys/fs/file-nr": "8001\t0\t9223372036854775807\n"}, "ok"),
        ("fd", {"sys/fs/file-nr": "rubbish\n"}, "unknown"),
        ("pid", {"loadavg": "0 0 0 2/850 4242\n", "sys/kernel/pid_max": "1000\n"}, "ok"),
        ("pid", {"loadavg": "0 0 0 2/851 4242\n", "sys/kernel/pid_max": "1000\n"}, "bad"),
        (
            "pid",
            {"loadavg": "0 0 0 2/90 1\n", "sys/kernel/pid_max": "1000", "sys/kernel/threads-max": "100"},
            "bad",
        ),
        ("pid", {"loadavg": "0 0 0\n", "sys/kernel/pid_max": "1000\n"}, "unknown"),
        ("conntrack", {f"{OLD_CONNTRACK}count": "901\n", f"{OLD_CONNTRACK}max": "1000\n"}, "bad"),
        ("conntrack", {f"{CONNTRACK}count": "9\n", f"{CONNTRACK}max": "0\n"}, "not applicable"),
        ("conntrack", {f"{CONNTRACK}count": "9\n"}, "not applicable"),
        ("kernel-taint", {"sys/kernel/tainted": "0\n"}, "ok"),
        ("kernel-taint", {"sys/kernel/tainted": f"{1 << 12 | 1 << 0 | 1 << 9}\n"}, "ok"),
        ("kernel-taint", {"sys/kernel/tainted": f"{1 << 14 | 1 << 7}\n"}, "bad"),
        ("memory-stalls", {"pressure/memory": "some avg10=99 avg60=40.00 avg300=0 total=1\n"}, "ok"),
        ("memory-stalls", {"pressure/memory": "some avg10=0 avg60=40.01 avg300=0 total=1\n"}, "bad"),
        ("memory-stalls", {"pressure/memory": "some avg60=1\nfull avg10=0.00 avg60=12.50 x\n"}, "bad"),
    ],
)
def test_the_limit_of_a_check(fake: FakeHost, name: str, files: dict[str, str], outcome: str) -> None:
    fake.proc(files)

    assert seen(name, fake.host).look().outcome.value == outcome


def test_a_full_conntrack_table_and_its_end(fake: FakeHost) -> None:
    fake.proc({f"{CONNTRACK}count": "901\n", f"{CONNTRACK}max": "1000\n"})
    check = seen("conntrack", fake.host)
    for _ in range(5):
        check.look()
    fake.proc({f"{CONNTRACK}count": "899\n"})
    check.look()

    assert [(e.severity.value, e.reason, e.message) for e in check.events] == [
        ("Warning", "ConntrackFull", "Conntrack table usage over 90%: 901 out of 1000"),
        ("Normal", "ConntrackNotFull", "the conntrack table has room again"),
    ]


def test_without_the_module_there_is_no_event_and_a_reason(fake: FakeHost) -> None:
    check = seen("conntrack", fake.host)
    check.look()

    (health,) = check.monitor.health()
    assert health.state is CheckState.NOT_APPLICABLE
    assert "nf_conntrack" in health.detail
    assert check.reports == []


def test_the_table_of_the_nodes_network_from_within_a_pod(fake: FakeHost) -> None:
    fake.proc({f"{CONNTRACK}count": "1\n", f"{CONNTRACK}max": "1000\n"})
    fake.proc({"1/net/stat/nf_conntrack": "entries  clashres found\n000003a0  0 0\n000003a0  0 0\n"})

    assert seen("conntrack", fake.host).look().message.endswith("928 out of 1000")


def test_the_kernel_of_this_machine_is_understood() -> None:
    for name in ("fd", "pid", "kernel-taint", "read-only", "inodes", "disk", "network-interfaces", "zombies"):
        assert seen(name, Host()).look().outcome is not Outcome.UNKNOWN, name


@pytest.mark.parametrize("name", ["inodes", "disk"])
def test_room_on_a_disk(tmp_path: Path, name: str) -> None:
    check = seen(name, Host(root=tmp_path), paths=["/"])
    first = check.look().outcome
    if first is Outcome.NOT_APPLICABLE:
        pytest.skip("the file system of the tests does not count them")
    full = seen(name, Host(root=tmp_path), paths=["/"], threshold_percent=1)
    assert full.look().outcome in (Outcome.BAD, first)
    assert (
        seen(name, Host(root=tmp_path), paths=["/gone"]).look().message == "/gone: No such file or directory"
    )


def test_growing_errors_of_interfaces(fake: FakeHost) -> None:
    def count(**errors: int) -> None:
        lines = [f"  {name}: 1 2 {n} 0 0 0 0 0 1 2 {n} 0 0 0 0 0" for name, n in errors.items()]
        fake.proc({"1/net/dev": "\n".join(["Inter-| Receive", " face |bytes", *lines]) + "\n"})

    count(eth0=500, veth1=0)
    check = seen("network-interfaces", fake.host)
    assert check.look().outcome is Outcome.OK  # what was before the start is not new
    count(eth0=504, veth1=400, eth1=90)
    assert check.look().outcome is Outcome.OK
    count(eth0=509, veth1=900, eth1=90)
    assert check.look().message == "errors of network interfaces since the last look: eth0 10"
    for _ in range(3):
        check.look()
    assert check.told == [("Warning", "NetworkInterfaceErrors"), ("Normal", "NetworkInterfacesAreWell")]


@pytest.mark.parametrize(
    ("name", "counter", "reason"),
    [
        ("memory-corrected", "ce_count", "MemoryReadError"),
        ("memory-uncorrected", "ue_count", "UncorrectedMemoryError"),
    ],
)
def test_each_growth_of_memory_errors_is_an_event(
    fake: FakeHost, name: str, counter: str, reason: str
) -> None:
    check = seen(name, fake.host)
    assert check.look().outcome is Outcome.NOT_APPLICABLE
    for count in (7, 7, 9, 9, 12):
        fake.sys({f"devices/system/edac/mc/mc0/{counter}": f"{count}\n"})
        check.look()

    assert check.told == [("Warning", reason), ("Warning", reason)]
    assert check.events[0].message.endswith("memory errors since the last look: mc0 2")
