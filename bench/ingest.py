"""Watch → durable, indexed, searchable: changes a second at full speed, loss, CPU and memory (design part 6)."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.running import center_watching

PATIENCE_S = 600


def measure(events: int) -> list[tuple[str, str]]:
    """Figures as (name, value)."""
    with tempfile.TemporaryDirectory() as work, center_watching(events, 0, Path(work) / "data") as running:
        running.page("/")  # pages are open in a storm
        began, cpu, seq = time.monotonic(), running.cpu_seconds(), running.newest_seq()
        begin = seq
        while seq < events and time.monotonic() - began < PATIENCE_S:
            time.sleep(0.2)
            seq = running.newest_seq()
        seconds, used = time.monotonic() - began, running.cpu_seconds() - cpu
        now, peak = running.memory_mib()
        for page in ("/", "/events"):
            running.page(page)
        size = sum(file.stat().st_size for file in (Path(work) / "data").rglob("events.db*"))
    return [
        ("ingest: changes/s", f"{(seq - begin) / seconds:,.0f}"),
        ("ingest: lost", f"{events - seq:,}"),
        ("ingest: CPU µs a change", f"{used / (seq - begin) * 1e6:.0f}"),
        ("ingest: RSS MiB, after and peak", f"{now:.0f}, {peak:.0f}"),
        ("ingest: bytes on disk a change", f"{size / seq:.0f}"),
    ]
