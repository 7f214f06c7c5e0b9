"""Helpers: a made-up host in a directory, and checks by their names in settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from npd.checks.frame import Check, Finding, Host
from npd.checks.monitor import CheckMonitor
from npd.checks.settings import build
from npd.model import Condition, Event, Status


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not come about"
        time.sleep(0.01)


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class FakeHost:
    """`proc`, `sys` and `root` below one directory; a file that was not written is not there."""

    def __init__(self, directory: Path) -> None:
        self.host = Host(directory / "proc", directory / "sys", directory / "root")
        for path in (self.host.proc, self.host.sys, self.host.root):
            path.mkdir()

    def proc(self, files: Mapping[str, str]) -> None:
        _write(self.host.proc, files)

    def sys(self, files: Mapping[str, str]) -> None:
        _write(self.host.sys, files)

    def process(
        self, pid: int, name: str = "sh", state: str = "S", ticks: int = 5, started: int = 100
    ) -> Path:
        """The files of a process; `ticks` is the processor time that it has used."""
        fields = [state, "1", *["0"] * 9, str(ticks), "0", *["0"] * 6, str(started), "0"]
        self.proc({f"{pid}/stat": f"{pid} ({name}) {' '.join(fields)}\n"})
        return self.host.proc / str(pid)


def _write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class Seen:
    """A monitor of one check that is looked at by hand, and what it reported."""

    def __init__(self, check: Check, clock: Clock, restored: Mapping[str, Condition] | None = None) -> None:
        self.name = check.name
        self.clock = clock
        self.reports: list[Status] = []
        self.monitor = CheckMonitor([check], wall=clock, steady=clock, restored=restored)
        self.monitor._report = self.reports.append

    def look(self, after: float = 30.0) -> Finding:
        self.clock.now += after
        return self.monitor.look_now(self.name)

    @property
    def events(self) -> list[Event]:
        return [event for status in self.reports for event in status.events]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(event.severity.value, event.reason) for event in self.events]

    @property
    def conditions(self) -> dict[str, Condition]:
        return {c.type: c for c in self.reports[-1].conditions} if self.reports else {}


def check_of(name: str, host: Host, clock: Clock | None = None, **own: Any) -> Check:
    """The check of this name with these settings of its own; the first one, where there are several."""
    clock = clock or Clock()
    return next(
        check
        for check in build({"checks": {name: own}}, host, wall=clock, steady=clock).checks
        if check.name.split()[0] == name
    )


def seen(name: str, host: Host, clock: Clock | None = None, **own: Any) -> Seen:
    clock = clock or Clock()
    return Seen(check_of(name, host, clock, **own), clock)
