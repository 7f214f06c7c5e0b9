"""Resident memory of a center that has nothing to do, before and after its pages were opened (design part 6)."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.running import center_watching


def measure(events: int) -> list[tuple[str, str]]:
    """Figures as (name, value). `events` does not matter."""
    with tempfile.TemporaryDirectory() as work, center_watching(100, 0, Path(work) / "data") as running:
        time.sleep(3)
        before, _ = running.memory_mib()
        for page in ("/", "/events", "/?range=7d"):
            running.page(page)
        after, _ = running.memory_mib()
    return [("idle: RSS MiB, before and after pages were opened", f"{before:.0f}, {after:.0f}")]
