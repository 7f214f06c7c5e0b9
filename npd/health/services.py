"""What systemd and the journal know of a service: how long it runs, and how often its log says a thing."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

Run = Callable[[Sequence[str], float], str]
"""Runs a program with a time limit in seconds and gives what it wrote. OSError says why not."""


def run(command: Sequence[str], timeout: float) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout, check=False, text=True, errors="replace"
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"{command[0]} did not end within {timeout:g}s") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise OSError(f"{command[0]} failed: {said[-1] if said else f'exit code {done.returncode}'}")
    return done.stdout


def uptime(
    service: str, timeout: float, run: Run = run, steady: Callable[[], float] = time.monotonic
) -> float:
    """Seconds since a service of systemd was started last. OSError when systemd does not say."""
    shown = run(["systemctl", "show", service, "--property=InactiveExitTimestampMonotonic"], timeout)
    microseconds = shown.strip().rpartition("=")[2]
    if not microseconds.isdigit() or microseconds == "0":
        raise OSError(f"systemd knows of no start of {service}")
    return steady() - int(microseconds) / 1e6


def lines_with(service: str, text: str, since: float, timeout: float, run: Run = run) -> int:
    """How many lines of a service's journal hold `text`, in upper or lower case. `since` is in seconds since 1970.
    OSError."""
    command = [
        "journalctl",
        f"--unit={service}",
        f"--since=@{since:.0f}",
        "--output=cat",
        "--no-pager",
        "--quiet",
    ]
    wanted = text.lower()
    return sum(wanted in line.lower() for line in run(command, timeout).splitlines())
