"""From when on lines count."""

from __future__ import annotations

from pathlib import Path

import pytest

from npd.config.durations import parse_duration
from npd.monitors.starting import read_uptime, start_time
from tests.npd.cases import Case, cases_of


@cases_of("start-time", mode="start_time")
def test_sample_cases(case: Case) -> None:
    lookback, delay = (parse_duration(case["config"]["inline"][key] or "0") for key in ("lookback", "delay"))
    start = start_time(1000.0, case["input"]["uptime_seconds"], lookback, delay)
    assert start - 1000.0 == pytest.approx(case["expected"][0]["offset_from_now_seconds"])


def test_uptime(tmp_path: Path) -> None:
    assert start_time(1000.0, read_uptime(str(tmp_path)), 5.0, 0.0) == 995.0
    (tmp_path / "uptime").write_text("12.5 3.0\n")
    assert read_uptime(str(tmp_path)) == 12.5
