"""Hung, zombie and leaking processes: made-up ones for the rules, real ones for the kernel's own files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from npd.checks.frame import Host, Outcome
from npd.checks.processes import Processes
from tests.npd.checks.looking import FakeHost, seen, wait_for

VFORK = """
import ctypes, os, time
lib = ctypes.PyDLL(None)
if lib.vfork() == 0:
    os.write(1, b"x")
    time.sleep(60)
"""
"""The parent of a vfork waits in state D until its child ends; both are killed here before that."""


def test_state_d_in_two_looks_is_hung_and_in_one_is_not(fake: FakeHost) -> None:
    fake.process(10, "sh")
    fake.process(11, "dd (x) y", "D")
    check = seen("hung-processes", fake.host)

    assert check.look().outcome is Outcome.OK
    finding = check.look()
    assert finding.message == (
        "1 hung in uninterruptible sleep (state D): dd (x) y (pid 11, for 30s or longer)"
    )
    assert check.told == [("Warning", "PSProcessIsHung")]
    fake.process(11, "dd (x) y", "S")
    assert check.look().outcome is Outcome.OK
    assert check.told[1:] == [("Normal", "PSProcessIsNotHung")]


@pytest.mark.parametrize("change", ["ticks", "another process", "switches"])
def test_who_gets_on_between_the_looks_does_not_hang(fake: FakeHost, change: str) -> None:
    fake.process(11, "dd", "D")
    fake.proc({"11/status": "Name: dd\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t1\n"})
    check = seen("hung-processes", fake.host)
    check.look()

    if change == "ticks":
        fake.process(11, "dd", "D", ticks=6)
    elif change == "another process":
        fake.process(11, "dd", "D", started=200)
    else:
        fake.proc({"11/status": "Name: dd\nvoluntary_ctxt_switches:\t8\nnonvoluntary_ctxt_switches:\t1\n"})
    assert check.look().outcome is Outcome.OK
    finding = check.look()
    assert finding.outcome is Outcome.BAD  # and now it got no further
    assert "for 30s or longer" in finding.message


def test_processes_that_may_wait_for_ever_are_left_out(fake: FakeHost) -> None:
    fake.process(11, "nfsd", "D")
    check = seen("hung-processes", fake.host, ignore=["nfsd"])

    assert [check.look().outcome, check.look().outcome] == [Outcome.OK, Outcome.OK]


def test_a_real_process_in_state_d() -> None:
    processes = Processes(Path("/proc"))
    with subprocess.Popen(
        [sys.executable, "-c", VFORK], stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        try:
            parent.stdout.read(1)  # the child runs, so the parent waits for it and not for a disk
            wait_for(lambda: any(p.pid == parent.pid and p.state == "D" for p in processes.all()))
            check = seen("hung-processes", Host())
            check.look()
            finding = check.look()
        finally:
            os.killpg(parent.pid, signal.SIGKILL)
    assert finding.outcome is Outcome.BAD
    assert f"(pid {parent.pid}, for 30s or longer)" in finding.message


def test_real_zombies() -> None:
    children = [subprocess.Popen([sys.executable, "-S", "-c", ""]) for _ in range(3)]
    try:
        wait_for(
            lambda: (
                {p.state for p in Processes(Path("/proc")).all() if p.pid in {c.pid for c in children}}
                == {"Z"}
            )
        )
        check = seen("zombies", Host(), threshold=3)
        finding = check.look()
    finally:
        for child in children:
            child.wait()
    assert finding.outcome is Outcome.BAD
    assert "python" in finding.message
    assert check.told == [("Warning", "TooManyZombies")]


def test_a_real_process_that_leaks_descriptors(tmp_path: Path) -> None:
    leak = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))\n"
    leak += "for line in sys.stdin: [os.open('/dev/null', 0) for _ in range(int(line))]; print(flush=True)"
    program = tmp_path / "leaky-program-with-long-name"
    program.symlink_to(os.path.realpath(sys.executable))
    with subprocess.Popen(
        [program, "-S", "-c", leak], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as leaky:
        assert leaky.stdin is not None and leaky.stdout is not None

        def open_more(count: int) -> None:
            assert leaky.stdin is not None and leaky.stdout is not None
            leaky.stdin.write(f"{count}\n")
            leaky.stdout.readline()

        open_more(10)
        check = seen("fd", Host(), processes=[program.name])
        assert check.look(after=90).outcome is Outcome.OK
        open_more(30)
        finding = check.look(after=90)
        leaky.stdin.close()
    assert finding.outcome is Outcome.BAD
    assert finding.message.startswith(f"leaky-program-w (pid {leaky.pid}) has 4")
    assert "of its 50 file descriptors open" in finding.message
    assert check.conditions["FDPressure"].status == "True"
    assert check.look(after=90).outcome is Outcome.OK


def test_a_process_on_the_proc_of_another_pid_namespace(fake: FakeHost) -> None:
    fake.proc({"sys/fs/file-nr": "10\t0\t9223372036854775807\n"})
    fake.proc(
        {
            "20/limits": "Limit  Soft Limit  Hard Limit  Units\nMax open files            4         524288    files\n"
        }
    )
    directory = fake.process(20, "kubelet") / "fd"
    directory.mkdir()
    for number in range(4):
        (directory / str(number)).touch()

    assert "kubelet (pid 20) has" in seen("fd", fake.host).look().message


def test_no_proc_is_not_applicable(fake: FakeHost) -> None:
    fake.host.proc.rmdir()

    for name in (
        "hung-processes",
        "zombies",
        "fd",
        "pid",
        "conntrack",
        "memory-stalls",
        "kernel-taint",
        "read-only",
    ):
        assert seen(name, fake.host).look().outcome is Outcome.NOT_APPLICABLE, name
