"""A flood of kernel lines against the monitors of the kernel log: do they keep up, do they grow, do they tell losses?

    python -m bench.npd_noise [--rate 100000] [--seconds 10] [--device] [--config F.json]

The lines come through a pipe that holds 1 MiB, as the kernel's ring does: where the monitor is too slow, lines are left
out and only their numbers go on. With --device they are written to /dev/kmsg itself (needs root; the log of this
machine is flooded). One line in 10,000 is a problem. Exit code 1 when lines were lost that nobody was told of, or a
problem that was written was not reported.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from rich.console import Console
from rich.table import Table

from npd.config import default_configs, load_files
from npd.model import Event, Status
from npd.monitors.building import KMSG, monitors_of
from npd.monitors.log import LogMonitor
from npd.monitors.matching import Line
from npd.state import State, boot_id

PIPE_BYTES = 1 << 20
CHUNK_BYTES = 4096
"""Of a write to a pipe that is done as a whole or not at all."""
PROBLEM_EVERY = 10_000
MARK = "bench-npd-noise"
QUIET_S = 1.0
PRINTK = Path("/proc/sys/kernel/printk_devkmsg")


@dataclass(frozen=True, slots=True)
class Plan:
    rate: int
    seconds: float
    device: bool
    configs: tuple[Path, ...]

    @property
    def lines(self) -> int:
        return int(self.rate * self.seconds)


@dataclass(frozen=True, slots=True)
class Sent:
    lines: int
    left_out: int
    problems: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Seen:
    lines: int
    problems: int
    lost: int
    cpu_s: float
    mib_before: float
    mib_peak: float
    behind_s: float
    """From the end of the flood until nothing came any more."""


class Counting:
    """A reader that only counts."""

    name = source = MARK
    reasons = ()
    patience = 10.0

    def __init__(self) -> None:
        self.lines = 0
        self.newest = 0.0

    def remember(self, lines: Sequence[Line]) -> None: ...

    def feed(self, lines: Sequence[Line]) -> list[Event]:
        self.lines += len(lines)
        self.newest = time.monotonic()
        return []

    def look(self, now: float) -> list[Event]:
        return []

    def status(self, events: Sequence[Event]) -> Status:
        return Status(self.source, tuple(events))


def watch(path: str, configs: tuple[Path, ...], channel: Connection) -> None:
    """The process that is measured."""
    counting, problems = Counting(), [0]

    def report(status: Status) -> None:
        problems[0] += sum(event.reason == "TaskHung" and MARK in event.message for event in status.events)

    selection = load_files(configs) if configs else default_configs()
    state = State(Path(tempfile.mkdtemp(), "state.json"), boot_id())
    built = monitors_of(selection.configs, state, kernel_readers=[counting], kmsg=path)
    (monitor,) = (each for each in built if isinstance(each, LogMonitor) and MARK in str(each.health()))
    monitor.start(report)
    time.sleep(QUIET_S)  # what the ring holds already is read before
    before, cpu, lines, lost = _rss_mib("VmRSS"), _cpu(), counting.lines, monitor.health()[0].lost
    channel.send("ready")
    channel.recv()
    ended = time.monotonic()
    while time.monotonic() - max(counting.newest, ended) < QUIET_S:
        time.sleep(0.05)
    lost = monitor.health()[0].lost - lost
    behind = max(0.0, counting.newest - ended)
    channel.send(
        Seen(counting.lines - lines, problems[0], lost, _cpu() - cpu, before, _rss_mib("VmHWM"), behind)
    )
    monitor.stop()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _rss_mib(field: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(field)).split()[1]) / 1024


def text(number: int) -> str:
    if number % PROBLEM_EVERY == PROBLEM_EVERY - 1:
        return f"INFO: task {MARK}:{number} blocked for more than 120 seconds."
    return (
        f"usb 1-{number % 9}: new high-speed USB device number {number % 127} using xhci_hcd, line {number}"
    )


def paced(plan: Plan) -> Iterator[range]:
    """Numbers of lines to send, as their time comes."""
    began, sent = time.monotonic(), 0
    while sent < plan.lines:
        due = min(plan.lines, int((time.monotonic() - began) * plan.rate))
        if due > sent:
            yield range(sent, due)
            sent = due
        time.sleep(0.002)


def send_to_pipe(plan: Plan, path: str) -> Sent:
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    began, left_out, problems = time.monotonic(), 0, 0
    for numbers in paced(plan):
        for chunk in _chunks(numbers):
            data = "".join(f"6,{number},{number * 10},-;{text(number)}\n" for number in chunk).encode()
            try:
                os.write(descriptor, data)
                problems += data.count(MARK.encode())
            except BlockingIOError:
                left_out += len(chunk)
    # The number of the last line tells of those left out before it.
    os.set_blocking(descriptor, True)
    os.write(descriptor, f"6,{plan.lines},0,-;the end\n".encode())
    os.close(descriptor)
    return Sent(plan.lines + 1, left_out, problems, time.monotonic() - began)


def _chunks(numbers: range) -> Iterator[range]:
    step = CHUNK_BYTES // 128
    for start in range(numbers.start, numbers.stop, step):
        yield range(start, min(start + step, numbers.stop))


def send_to_device(plan: Plan, path: str) -> Sent:
    with _unlimited(), open(path, "wb", buffering=0) as device:
        began, problems = time.monotonic(), 0
        for numbers in paced(plan):
            for number in numbers:
                data = text(number).encode()
                device.write(b"<6>" + data + b"\n")
                problems += MARK.encode() in data
        return Sent(plan.lines, 0, problems, time.monotonic() - began)


@contextlib.contextmanager
def _unlimited() -> Iterator[None]:
    """The kernel lets user programs write ten lines in five seconds, unless told otherwise."""
    before = PRINTK.read_text()
    PRINTK.write_text("on\n")
    try:
        yield
    finally:
        PRINTK.write_text(before)


def measure(plan: Plan) -> tuple[Sent, Seen]:
    with tempfile.TemporaryDirectory() as work:
        path = KMSG if plan.device else str(Path(work, "kmsg"))
        if not plan.device:
            os.mkfifo(path)
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=watch, args=(path, plan.configs, there), daemon=True
        )
        process.start()
        here.recv()
        sent = (send_to_device if plan.device else send_to_pipe)(plan, path)
        here.send("ended")
        seen: Seen = here.recv()
        process.join()
    return sent, seen


def table(sent: Sent, seen: Seen) -> Table:
    shown = Table("figure", "value", title="a flood of kernel lines")
    shown.add_row("lines sent, a second", f"{sent.lines:,}, {sent.lines / sent.seconds:,.0f}")
    shown.add_row("lines looked at", f"{seen.lines:,}")
    shown.add_row("left out by the sender, told as lost by the monitor", f"{sent.left_out:,}, {seen.lost:,}")
    shown.add_row("problems sent, reported", f"{sent.problems:,}, {seen.problems:,}")
    shown.add_row("CPU of the monitor, s; of a core, %", f"{seen.cpu_s:.2f}; {seen.cpu_s / sent.seconds:.0%}")
    shown.add_row("RSS before, peak, MiB", f"{seen.mib_before:.1f}, {seen.mib_peak:.1f}")
    shown.add_row("behind at the end, s", f"{seen.behind_s:.2f}")
    return shown


def sound(plan: Plan, sent: Sent, seen: Seen) -> bool:
    """Through the kernel, which says what is lost but not which problems, other lines come as well."""
    if plan.device:
        return seen.lines + seen.lost >= sent.lines and (seen.lost > 0 or seen.problems == sent.problems)
    return seen.lines + seen.lost == sent.lines and seen.problems == sent.problems


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--device", action="store_true")
    parser.add_argument("--config", type=Path, action="append", default=[])
    options = parser.parse_args()
    plan = Plan(options.rate, options.seconds, options.device, tuple(options.config))
    sent, seen = measure(plan)
    Console().print(table(sent, seen))
    sys.exit(0 if sound(plan, sent, seen) else 1)


if __name__ == "__main__":
    main()
