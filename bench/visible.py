"""Create → visible through `/api/v1/events` at 500 changes a second (design part 6: p99 at most 1 s)."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

from bench.running import Running, center_watching

RATE = 500
SECONDS = 20
_SENT = re.compile(r" sent=(\d+)$")


class Delays:
    """Milliseconds from the creation of a change until the API shows it, by its number, of those that were seen."""

    def __init__(self, after: int = 0) -> None:
        """`after` is the number of the newest change that is not of this run."""
        self._after = after
        self._of: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._of)

    def look(self, running: Running) -> int:
        """Ask for the newest events once; the number of the newest change."""
        page = running.get("/api/v1/events?limit=200")
        seen = time.time() * 1000
        for event in page["events"]:
            fresh = event["seq"] > self._after and event["seq"] not in self._of
            if fresh and (sent := _SENT.search(event["message"])):
                self._of[event["seq"]] = seen - int(sent[1])
        return max((event["seq"] for event in page["events"]), default=0)

    def shares(self, *shares: float) -> list[float]:
        """The delay that this share of the changes did not exceed; 1 is the worst."""
        ordered = sorted(self._of.values())
        return [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in shares]


def measure(events: int) -> list[tuple[str, str]]:
    """Figures as (name, value). `events` does not matter: it takes 20 s at 500/s."""
    total = RATE * SECONDS
    delays = Delays()
    with tempfile.TemporaryDirectory() as work, center_watching(total, RATE, Path(work) / "data") as running:
        newest, deadline = 0, time.monotonic() + SECONDS + 30
        while newest < total and time.monotonic() < deadline:
            newest = max(newest, delays.look(running))
            time.sleep(0.05)
    return [
        ("visible at 500/s: events looked at", f"{len(delays):,}"),
        (
            "visible at 500/s: p50, p99, worst ms",
            ", ".join(f"{delay:.0f}" for delay in delays.shares(0.5, 0.99, 1)),
        ),
    ]
