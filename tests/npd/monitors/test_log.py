"""The monitor of a log: start, restart, faults, and the way from a line to a report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from npd.config import load_object
from npd.model import CheckState, Event, Status
from npd.monitors import log as log_module
from npd.monitors.building import monitors_of
from npd.monitors.log import LogMonitor
from npd.monitors.matching import Line
from npd.monitors.sources import NOTHING, Batch, Standing
from npd.state import Position, State, boot_id
from tests.npd.cases import CONFIGS
from tests.npd.monitors.making import lines, log_config, rule

ROOT = Path(__file__).parents[3]
HUNG = "INFO: task docker:{} blocked for more than 120 seconds."


class Scripted:
    """A log of batches that are given to it."""

    name = "a log"

    def __init__(self) -> None:
        self.lost = 0
        self.batches: list[Batch | Exception] = []
        self.positions: Sequence[Position | None] = ()
        self.newest: Position | None = None
        self._woken = threading.Event()
        self.closed = False

    def begin(self, positions: Sequence[Position | None]) -> None:
        self.positions = positions

    def read(self, timeout: float) -> Batch:
        if not self.batches:
            self._woken.wait(0.01)
            return NOTHING
        batch = self.batches.pop(0)
        if isinstance(batch, Exception):
            raise batch
        if batch.numbers:
            self.newest = {"sequence": batch.numbers[-1]}
        return batch

    def position(self) -> Position | None:
        return self.newest

    def standing(self) -> Standing:
        return Standing(CheckState.ON)

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        self.closed = True


class Reads:
    """A reader that writes down what it gets."""

    source, reasons, patience = "reads", (), 10.0

    def __init__(self, name: str, fails: bool = False) -> None:
        self.name, self.fails = name, fails
        self.remembered: list[str] = []
        self.fed: list[str] = []

    def remember(self, given: Sequence[Line]) -> None:
        self.remembered += [line.text.decode() for line in given]

    def feed(self, given: Sequence[Line]) -> list[Event]:
        if self.fails:
            raise ValueError("made up")
        self.fed += [line.text.decode() for line in given]
        return []

    def look(self, now: float) -> list[Event]:
        return []

    def status(self, events: Sequence[Event]) -> Status:
        return Status(self.source, tuple(events))


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.005)


@pytest.fixture
def started() -> Iterator[Callable[..., LogMonitor]]:
    monitors: list[LogMonitor] = []

    def start(source: Scripted, *readers: Any, state: State | None = None) -> LogMonitor:
        monitor = LogMonitor(source, readers, state or State(None, ""))
        monitors.append(monitor)
        monitor.start(lambda status: None)
        return monitor

    yield start
    for monitor in monitors:
        monitor.stop()


def test_each_reader_goes_on_where_it_was(started: Any) -> None:
    state = State(None, "")
    state.keep("old", position={"sequence": 2})
    old, new, source = Reads("old"), Reads("new"), Scripted()
    source.batches = [Batch(lines("one", "two", "three"), [1, 2, 3])]
    started(source, old, new, state=state)
    until(lambda: new.fed)
    assert (old.remembered, old.fed) == (["one", "two"], ["three"])
    assert new.fed == ["one", "two", "three"]
    assert list(source.positions) == [{"sequence": 2}, None]


def test_a_reader_that_fails_does_not_keep_the_others_from_reading(started: Any) -> None:
    broken, well, source = Reads("broken", fails=True), Reads("well"), Scripted()
    source.batches = [Batch(lines("one")), Batch(lines("two"))]
    monitor = started(source, broken, well)
    until(lambda: well.fed == ["one", "two"])
    assert monitor.health()[0].state is CheckState.BROKEN
    assert "ValueError: made up" in monitor.health()[0].detail


def test_a_source_that_fails_is_read_again(started: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "FAULT_S", 0.01)
    reader, source = Reads("r"), Scripted()
    source.batches = [RuntimeError("made up"), Batch(lines("one"))]
    started(source, reader)
    until(lambda: reader.fed == ["one"])


def test_it_stops_at_once_and_keeps_its_position(started: Any) -> None:
    state, reader, source = State(None, ""), Reads("r"), Scripted()
    source.batches = [Batch(lines("one"), [7])]
    monitor = started(source, reader, state=state)
    until(lambda: reader.fed)
    began = time.monotonic()
    monitor.stop()
    assert time.monotonic() - began < 2
    assert source.closed
    assert state.position("r") == {"sequence": 7}


def test_a_thread_that_has_ended_shows_in_health(started: Any) -> None:
    reader, source = Reads("r"), Scripted()
    monitor = started(source, reader)
    until(lambda: monitor.health()[0].last_run)
    assert monitor.health()[0].alive
    monitor._stopping.set()
    monitor._thread.join()
    monitor._stopping.clear()
    (health,) = monitor.health()
    assert not health.alive
    assert "has ended or hangs" in health.detail
    monitor._stopping.set()


def test_lines_from_before_the_start_do_not_count(tmp_path: Path) -> None:
    kmsg = tmp_path / "kmsg"
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    stamps = [int((uptime - age) * 1e6) for age in (600, 60)]
    kmsg.write_text("".join(f"4,{n},{stamp},-;bad {n}\n" for n, stamp in enumerate(stamps)))
    config = log_config(rule("bad .*"), lookback="5m")
    told: list[Status] = []
    (monitor,) = monitors_of([config], State(None, ""), kmsg=str(kmsg))
    monitor.start(told.append)
    until(lambda: len(told) > 1)
    monitor.stop()
    assert [event.message for status in told for event in status.events] == ["bad 1"]


def test_a_log_file_from_its_lines_to_events(tmp_path: Path) -> None:
    """Those of two hours ago are older than the file's lookback of five minutes."""
    now = datetime.now().astimezone()
    stamps = [f"{time:%b} {time.day:2d} {time:%H:%M:%S}" for time in (now - timedelta(hours=2), now)]
    path = tmp_path / "kern.log"
    path.write_text("".join(f"{at} host kernel: [ 1.0] {HUNG.format(n)}\n" for n, at in enumerate(stamps)))
    values = json.loads((CONFIGS / "kernel-monitor-filelog.json").read_text()) | {"logPath": str(path)}
    told: list[Status] = []
    (monitor,) = monitors_of([load_object(values, "f.json").config], State(None, ""))
    monitor.start(told.append)
    until(lambda: len(told) > 1)
    monitor.stop()
    events = told[1].events
    assert [event.reason for event in events] == ["TaskHung", "DockerHung"]
    assert events[0].message == HUNG.format(1)
    assert events[0].time == int(now.timestamp())


def test_reasons_of_the_metrics() -> None:
    config = load_object(json.loads((CONFIGS / "readonly-monitor.json").read_text()), "f.json").config
    (monitor,) = monitors_of([config], State(None, ""))
    assert monitor.reasons == (
        ("ReadonlyFilesystem", "FilesystemIsNotReadOnly"),
        ("ReadonlyFilesystem", "FilesystemIsReadOnly"),
    )


def test_configurations_become_monitors_that_share_the_kernel_log() -> None:
    files = (
        "kernel-monitor",
        "readonly-monitor",
        "docker-monitor",
        "kernel-monitor-filelog",
        "system-stats-monitor",
    )
    configs = [load_object(json.loads((CONFIGS / f"{name}.json").read_text()), name).config for name in files]
    monitors = monitors_of(configs, State(None, ""))
    assert [len(monitor.health()) for monitor in monitors] == [2, 1, 1]


class Watching:
    """The process of `watching.py`."""

    def __init__(self, kmsg: Path, state: Path) -> None:
        configs = [str(CONFIGS / name) for name in ("kernel-monitor.json", "readonly-monitor.json")]
        script = Path(__file__).with_name("watching.py")
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(kmsg), str(state), *configs],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def told(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def kill(self) -> list[dict[str, Any]]:
        """What it still told."""
        self.process.kill()
        rest, _ = self.process.communicate()
        return [json.loads(line) for line in rest.splitlines()]


def _sequence(state: Path) -> int:
    """How far the process has got, by what it has written down."""
    kept = State(state, boot_id()).position(str(CONFIGS / "kernel-monitor.json")) or {}
    return int(kept.get("sequence", -1))


def test_after_a_kill_nothing_is_repeated_and_conditions_stand(tmp_path: Path) -> None:
    kmsg, state = tmp_path / "kmsg", tmp_path / "state.json"
    now = int((time.monotonic()) * 1e6)
    kmsg.write_text(f"4,10,{now},-;{HUNG.format(1)}\n4,11,{now},-;EXT4-fs error (device sda): x\n")
    first = Watching(kmsg, state)
    told = [first.told() for _ in range(3)]
    until(lambda: _sequence(state) == 11)
    first.kill()
    assert [each["events"] for each in told] == [[], [], ["TaskHung", "DockerHung", "Ext4Error"]]
    assert told[2]["conditions"]["KernelDeadlock"] == "True"

    with kmsg.open("a") as file:
        file.write(f"4,12,{now},-;{HUNG.format(2)}\n")
    second = Watching(kmsg, state)
    told = [second.told() for _ in range(3)]
    rest = second.kill()
    assert [each["events"] for each in told] == [[], [], ["TaskHung"]]
    assert [each["conditions"]["KernelDeadlock"] for each in (told[0], told[2])] == ["True", "True"]
    assert rest == []


def test_a_line_written_to_the_real_device_is_an_event_within_a_second() -> None:
    try:
        os.close(os.open("/dev/kmsg", os.O_RDWR))
    except OSError as error:
        pytest.skip(f"/dev/kmsg cannot be opened: {error.strerror}")
    mark = f"eventcenter-test-{time.monotonic_ns()}"
    told: list[tuple[float, Status]] = []
    (monitor,) = monitors_of([log_config(rule(f"{mark} bad"))], State(None, ""))
    monitor.start(lambda status: told.append((time.time(), status)))
    until(lambda: monitor.health()[0].last_run)
    written = time.time()
    Path("/dev/kmsg").write_text(f"<4>{mark} bad\n")
    until(lambda: len(told) > 1)
    monitor.stop()
    seen, status = told[1]
    assert seen - written < 1.0
    assert status.events[0].message == f"{mark} bad"
    assert status.events[0].time == pytest.approx(written, abs=1.0)
