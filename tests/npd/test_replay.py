"""Replays the sample cases: the rules of the original's files over log lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from npd.config import default_configs, load_object
from npd.replay import Reported, replay
from tests.npd.cases import Case, cases_of, config_of, expected_conditions, expected_events, object_of


def replayed(case: Case, lines: list[str]) -> list[Reported]:
    return list(replay([config_of(case)], [line.encode() + b"\n" for line in lines]))


def of_kind(kind: str, reported: list[Reported]) -> list[Reported]:
    return [each for each in reported if each["kind"] == kind]


def check(case: Case, reported: list[Reported]) -> None:
    events, conditions = of_kind("event", reported), of_kind("condition", reported)
    expected = expected_events(case)
    assert [(each["type"], each["reason"], each["status"]) for each in events] == [
        (each["type"], each["reason"], each["status"]) for each in expected
    ]
    for event, wanted in zip(events, expected, strict=True):
        assert wanted["message_substring"] in event["message"]
    check_conditions(case, conditions)


def check_conditions(case: Case, conditions: list[Reported]) -> None:
    declared = {each["type"]: each for each in object_of(case)["conditions"]}
    expected = expected_conditions(case)
    assert [each["type"] for each in conditions] == list(declared)
    for condition in conditions:
        wanted = expected.get(condition["type"])
        if wanted is None:
            healthy = declared[condition["type"]]
            assert condition["status"] == "False"
            assert (condition["reason"], condition["message"]) == (healthy["reason"], healthy["message"])
        else:
            assert (condition["status"], condition["reason"]) == (wanted["status"], wanted["reason"])
            assert wanted["message_substring"] in condition["message"]


@cases_of("log-rule", "buffer", mode="messages")
def test_messages(case: Case) -> None:
    reported = replayed(case, case["input"]["lines"])
    check(case, reported)
    if "exact" in case:
        assert reported[0]["message"] == case["exact"]


@cases_of("filelog", mode="filelog")
def test_lines_of_a_log_file(case: Case) -> None:
    now = datetime.now().astimezone()
    stamps = {"{TS}": f"{now:%b} {now.day:2d} {now:%H:%M:%S}", "{RFC3339NANO}": now.isoformat()}
    lines = case["input"]["lines"]
    for name, stamp in stamps.items():
        lines = [line.replace(name, stamp) for line in lines]
    check(case, replayed(case, lines))


@cases_of("log-counter", mode="messages")
def test_counted_lines(case: Case) -> None:
    conditions = of_kind("condition", replayed(case, case["input"]["lines"]))
    check_conditions(case, conditions)


def test_a_file_monitor_takes_messages_without_their_prefix_too() -> None:
    case = {"id": "made", "config": {"path": "npd-config/kernel-monitor-filelog.json"}}
    (event, *_) = replayed(case, ["INFO: task jbd2/sda:31 blocked for more than 120 seconds."])
    assert event["reason"] == "TaskHung"


def test_a_line_without_message_among_lines_of_a_file_is_skipped() -> None:
    case = {"id": "made", "config": {"path": "npd-config/kernel-monitor-filelog.json"}}
    hung = "INFO: task jbd2/sda:31 blocked for more than 120 seconds."
    lines = [f"Nov  5 10:00:00 host systemd: {hung}", f"Nov  5 10:00:00 host kernel: [ 1.0] {hung}"]
    assert len(of_kind("event", replayed(case, lines))) == 1


def test_events_of_several_files_come_in_the_order_of_the_lines() -> None:
    configs = [made_config(source, pattern) for source, pattern in (("a", "one"), ("b", "two"))]
    reported = replay(configs, [b"two\n", b"one\n", b"two\n"])
    assert [each["source"] for each in reported] == ["b", "a", "b"]


def made_config(source: str, pattern: str, **more: Any) -> Any:
    rule = {"type": "temporary", "reason": "R", "pattern": pattern}
    return load_object({"plugin": "kmsg", "source": source, "rules": [rule], **more}, source).config


OWN = [
    ("INFO: task dockerd:812 blocked for more than 122 seconds.", ["TaskHung", "DockerHung"]),
    ("INFO: task containerd-shim:9 blocked for more than 120 seconds.", ["TaskHung", "DockerHung"]),
    ("INFO: task runc:[2:INIT]:9 blocked for more than 120 seconds.", ["TaskHung", "DockerHung"]),
    ("INFO: task kworker/u8:2:77 blocked in I/O wait for more than 120 seconds.", ["TaskHung"]),
    ("BUG: unable to handle page fault for address: ffffffffc0a4f000", ["KernelOops"]),
    (
        "general protection fault, probably for non-canonical address 0xdead: 0000 [#1] PREEMPT SMP",
        ["KernelOops"],
    ),
    (
        "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000028",
        ["KernelOops"],
    ),
    ("watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:412]", ["SoftLockUp"]),
    ("NMI watchdog: Watchdog detected hard LOCKUP on cpu 5", ["HardLockUp"]),
    ("rcu: INFO: rcu_preempt self-detected stall on CPU", ["RCUStall"]),
    ("INFO: rcu_sched detected stalls on CPUs/tasks: { 3} (detected by 0, t=60002 jiffies)", ["RCUStall"]),
    ("I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0", ["BlockIOError"]),
    (
        "EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0 (channel:1)",
        ["MemoryUncorrectedError"],
    ),
    ("EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0", ["MemoryReadError"]),
    ("EDAC MC1: 2 CE memory scrubbing error on CPU_SrcID#1", ["MemoryCorrectedError"]),
    ("mce: [Hardware Error]: Machine check events logged", ["MachineCheck"]),
    ("{1}[Hardware Error]: event severity: fatal", ["CperHardwareErrorFatal"]),
    ("mlx5_core 0000:b1:00.1 eth1: Link down", ["NICLinkDown"]),
    (
        "eth0 (e1000e): NETDEV WATCHDOG: CPU: 1: transmit queue 0 timed out 5388 ms",
        ["NICTransmitTimeout"],
    ),
    ("nf_conntrack: nf_conntrack: table full, dropping packet", ["ConntrackFull"]),
    ("neighbour: arp_cache: neighbor table overflow!", ["ARPOverFlow"]),
    ("zfs: loading out-of-tree module taints kernel.", ["KernelTainted"]),
    ("EXT4-fs (sda1): Remounting filesystem read-only", ["FilesystemIsReadOnly"]),
    ("BTRFS info (device sda2: state EA): forced readonly", ["FilesystemIsReadOnly"]),
    (
        "XFS (dm-0): Filesystem has been shut down due to log error (0x2).",
        ["XfsHasShutdown"],
    ),
    ("usb 1-1: new high-speed USB device number 4 using xhci_hcd", []),
    ("veth0: entered promiscuous mode", []),
    ("task: all good", []),
]


@pytest.mark.parametrize(("line", "reasons"), OWN, ids=[line[:40] for line, _ in OWN])
def test_our_own_rules(line: str, reasons: list[str]) -> None:
    reported = replay(default_configs().configs, [line.encode()])
    assert [each["reason"] for each in reported if each["kind"] == "event"] == reasons


def test_our_own_rules_tell_the_pod_of_an_oom_kill_and_the_node_once() -> None:
    from tests.npd.cases import CASES

    (case,) = (case for case in CASES if case["id"] == "O01-containerd-systemd-burstable")
    reported = list(replay(default_configs().configs, [line.encode() for line in case["input"]["lines"]]))
    events = of_kind("event", reported)
    assert [each["reason"] for each in events] == ["OOMKilling", "ContainerOOMKilled"]
    assert events[1]["pod"]["uid"] == case["expected"][0]["pod_uid"]
