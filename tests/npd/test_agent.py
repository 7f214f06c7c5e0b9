"""The agent as a process, and how it says what is wrong with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from npd.agent import Agent
from npd.model import CheckState, Condition, Event, Health, Report, Severity, Status


class Scripted:
    """A monitor that reports what a test says."""

    def __init__(self, *reasons: tuple[str, str], source: str = "kernel-monitor") -> None:
        self.source, self.reasons = source, reasons
        self.report: Report = lambda status: None
        self.state = Health("scripted", CheckState.ON, last_run=time.time() - 5, lost=3)

    def start(self, report: Report) -> None:
        self.report = report

    def stop(self) -> None:
        pass

    def health(self) -> list[Health]:
        return [self.state]


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def read(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


class Served:
    def __init__(self, agent: Agent, monitor: Scripted) -> None:
        self.monitor = monitor
        self.port, self.metrics_port = free_ports()
        agent.serve("127.0.0.1", self.port, "127.0.0.1", self.metrics_port)
        agent.start()

    def metrics(self) -> dict[str, str]:
        status, text = read(self.metrics_port, "/metrics")
        assert status == 200
        return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


@pytest.fixture
def served() -> Iterator[Served]:
    monitor = Scripted(
        ("", "TaskHung"), ("KernelDeadlock", "KernelHasNoDeadlock"), ("KernelDeadlock", "DockerHung")
    )
    agent = Agent([monitor], None, ['x.json: "quoted"\nline'])
    yield Served(agent, monitor)
    agent.stop()


def test_problem_series_are_the_originals_and_there_from_the_start(served: Served) -> None:
    assert served.metrics()['problem_counter{reason="TaskHung"}'] == "0"
    assert served.metrics()['problem_gauge{reason="DockerHung",type="KernelDeadlock"}'] == "0"
    hung = Event(Severity.WARN, 1.0, "TaskHung", "x", count=2)
    deadlock = Condition("KernelDeadlock", "True", 1.0, "DockerHung", "x")
    changed = Event(Severity.WARN, 1.0, "DockerHung", "is now True")
    served.monitor.report(Status("kernel-monitor", (hung, changed), (deadlock,)))
    metrics = served.metrics()
    assert metrics['problem_counter{reason="TaskHung"}'] == "2"
    assert metrics['problem_counter{reason="DockerHung"}'] == "1"
    assert metrics['problem_gauge{reason="DockerHung",type="KernelDeadlock"}'] == "1"
    well = Condition("KernelDeadlock", "False", 2.0, "KernelHasNoDeadlock", "x")
    normal = Event(Severity.INFO, 2.0, "KernelHasNoDeadlock", "is now False")
    served.monitor.report(Status("kernel-monitor", (normal,), (well,)))
    metrics = served.metrics()
    assert metrics['problem_gauge{reason="DockerHung",type="KernelDeadlock"}'] == "0"
    assert metrics['problem_counter{reason="KernelHasNoDeadlock"}'] == "0"


def test_two_sources_of_one_condition_are_one_gauge(served: Served) -> None:
    gauge = 'problem_gauge{reason="DockerHung",type="KernelDeadlock"}'
    bad = Condition("KernelDeadlock", "True", 1.0, "DockerHung", "x")
    well = Condition("KernelDeadlock", "False", 1.0, "KernelHasNoDeadlock", "x")
    served.monitor.report(Status("kernel-monitor", (), (bad,)))
    served.monitor.report(Status("node-checks", (), (well,)))
    assert served.metrics()[gauge] == "1"
    served.monitor.report(Status("kernel-monitor", (), (well,)))
    assert served.metrics()[gauge] == "0"


def test_what_no_monitor_declares_is_not_counted(served: Served) -> None:
    served.monitor.report(Status("quiet", (Event(Severity.WARN, 1.0, "Undeclared", "x"),)))
    assert not any("Undeclared" in series for series in served.metrics())


def test_its_own_health_is_in_the_metrics(served: Served) -> None:
    metrics = served.metrics()
    assert metrics['npd_records_lost_total{check="scripted"}'] == "3"
    assert metrics['npd_check_state{check="scripted",state="on"}'] == "1"
    assert 5 <= float(metrics['npd_check_age_seconds{check="scripted"}']) < 30
    assert metrics["npd_broken_checks"] == "1", "the file that is wrong"


def test_healthz_fails_only_for_what_a_restart_cures(served: Served) -> None:
    assert read(served.port, "/healthz") == (200, "ok\n")
    served.monitor.state = Health("scripted", CheckState.BROKEN, "the device is gone")
    assert read(served.port, "/healthz")[0] == 200
    served.monitor.state = Health("scripted", CheckState.BROKEN, "its thread has ended", alive=False)
    assert read(served.port, "/healthz") == (503, "scripted: its thread has ended\n")


def test_the_status_names_what_does_not_run(served: Served) -> None:
    shown = json.loads(read(served.port, "/status")[1])
    assert {"check": "configuration", "state": "broken", "detail": 'x.json: "quoted"\nline'}.items() <= shown[
        1
    ].items()
    assert read(served.port, "/nothing")[0] == 404


AS_NOBODY = """
import os, sys
from npd.running import main
if os.geteuid() == 0:  # after the imports: nobody may not read every interpreter
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
sys.exit(main(sys.argv[1:]))
"""


class Process:
    def __init__(self, *flags: str, start: tuple[str, ...] = ("-m", "npd")) -> None:
        self.port, self.metrics_port = free_ports()
        ports = [f"--port={self.port}", f"--prometheus-port={self.metrics_port}"]
        command = [
            sys.executable,
            "-m",
            "npd",
            "--enable-k8s-exporter=false",
            "--hostname-override=n",
            *ports,
            *flags,
        ]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True)
        self.wait()

    def wait(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            assert self.process.poll() is None, self.process.communicate()[1]
            try:
                read(self.port, "/healthz")
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def states(self) -> dict[str, tuple[str, str]]:
        shown = json.loads(read(self.port, "/status")[1])
        return {one["check"]: (one["state"], one["detail"]) for one in shown}

    def terminate(self) -> tuple[int, str]:
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=10)[1]
        assert time.monotonic() - began < 5
        return self.process.returncode, said


def config(directory: Path, name: str, **more: object) -> str:
    rule = {"type": "temporary", "reason": "TaskHung", "pattern": "task .* blocked .*"}
    document = {"plugin": "kmsg", "source": name, "lookback": "5m", "conditions": [], "rules": [rule]} | more
    (directory / f"{name}.json").write_text(json.dumps(document))
    return f"--config.system-log-monitor={directory / name}.json"


def test_one_wrong_file_of_three_leaves_the_others_running(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "kmsg")
    flags = [config(tmp_path, "good"), config(tmp_path, "wrong", rules=[{"reason": "X", "pattern": "("}])]
    agent = Process(*flags, config(tmp_path, "fine"), f"--kmsg={tmp_path / 'kmsg'}", "--builtin-checks=false")
    states = agent.states()
    assert "wrong.json" in states["configuration"][1]
    assert sum(name.startswith(("good", "fine")) for name in states) == 2
    code, said = agent.terminate()
    assert code == 0 and "wrong.json: rules[0] (X): pattern" in said and "Traceback" not in said


def test_without_a_kernel_log_and_without_rights_it_starts_and_says_why(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    agent = Process(f"--kmsg={tmp_path / 'none'}", f"--host-root={tmp_path}", start=("-c", AS_NOBODY))
    try:
        states = agent.states()
        assert states["kernel-monitor (kernel-monitor.json)"][0] == "not applicable"
        assert states["spot-release"][0] == "off"
        assert all(
            detail for state, detail in states.values() if state in ("off", "not applicable", "broken")
        )
        assert read(agent.port, "/healthz")[0] == 200
    finally:
        code, said = agent.terminate()
    assert code == 0 and "Traceback" not in said


def test_a_line_is_counted_within_a_second(tmp_path: Path) -> None:
    pipe = tmp_path / "kmsg"
    os.mkfifo(pipe)
    agent = Process(config(tmp_path, "kernel"), f"--kmsg={pipe}", "--builtin-checks=false")
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    with pipe.open("w") as device:
        device.write(f"3,1,{int(uptime * 1e6)},-;task java:42 blocked for more than 120 seconds.\n")
        device.flush()
        deadline = time.monotonic() + 1.5
        while 'problem_counter{reason="TaskHung"} 1' not in read(agent.metrics_port, "/metrics")[1]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert agent.terminate()[0] == 0


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["--nonsense"], 2, "npd: unrecognized arguments: --nonsense"),
        (["--kubeconfig=/does/not/exist"], 1, "npd: /does/not/exist: cannot be read"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(flags: list[str], code: int, said: str) -> None:
    command = [sys.executable, "-m", "npd", "--port=0", "--prometheus-port=0", "--log-level=error", *flags]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=30)
    assert done.returncode == code and done.stderr.startswith(said) and done.stderr.count("\n") == 1


def test_the_agent_imports_nothing_heavy() -> None:
    code = "import sys, npd.running; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    heavy = {
        "kubernetes",
        "flask",
        "matplotlib",
        "eventcenter",
        "yaml",
        "urllib3",
        "msgspec",
        "asyncio",
        "click",
    }
    assert heavy & set(done.stdout.split()) == set()
