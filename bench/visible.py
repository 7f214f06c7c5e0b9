"""Create → visible through `/api/v1/events` at 500 changes a second (design part 6: p99 at most 1 s)."""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

from bench.running import center_watching

RATE = 500
SECONDS = 20
_SENT = re.compile(r" sent=(\d+)$")


def measure(events: int) -> list[tuple[str, str]]:
    """Figures as (name, value). `events` does not matter: it takes 20 s at 500/s."""
    total = RATE * SECONDS
    delays: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as work, center_watching(total, RATE, Path(work) / "data") as running:
        newest, deadline = 0, time.monotonic() + SECONDS + 30
        while newest < total and time.monotonic() < deadline:
            page = running.get("/api/v1/events?limit=200")
            seen = time.time() * 1000
            for event in page["events"]:
                if event["seq"] not in delays and (sent := _SENT.search(event["message"])):
                    delays[event["seq"]] = seen - int(sent[1])
            newest = max([newest, *(event["seq"] for event in page["events"])])
            time.sleep(0.05)
    ordered = sorted(delays.values())
    return [
        ("visible at 500/s: events looked at", f"{len(ordered):,}"),
        ("visible at 500/s: p50, p99, worst ms", ", ".join(
            f"{ordered[min(len(ordered) - 1, int(len(ordered) * share))]:.0f}" for share in (0.5, 0.99, 1)
        )),
    ]  # fmt: skip
