"""`eventcenter usage`: tables, JSON, beside a running center, wrong use."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from eventcenter.cli.root import run_command
from tests.store.made import DAY, Clock, added, batch, event


@pytest.fixture
def filled(store: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Five days with an event each, the writer still at work."""
    monkeypatch.chdir(tmp_path)
    clock.now = time.time_ns() // 1_000_000
    times = [clock.now - n * DAY for n in range(5)]
    names = ["shop", "shop", "\x1b[31mred", "", "pay"]
    store.put(
        batch(
            *(
                added(event(n, namespace=name, first_time=when, last_time=when))
                for n, (when, name) in enumerate(zip(times, names, strict=True))
            )
        )
    )
    return store


def run(tmp_path: Path, *more: str) -> int:
    return run_command(["usage", "--data-dir", str(tmp_path / "data"), *more])


def test_it_shows_tables(filled: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 0
    out = capsys.readouterr().out
    for words in (
        "5 events (5 occurrences)",
        "settles at",
        "disk full",
        "30d, Warning 90d",
        "Started",
        "(none)",
    ):
        assert words in out
    assert "\x1b" not in out, "what a cluster sends does not reach the terminal"


def test_json_is_what_the_api_shows(filled: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(tmp_path, "-o", "json", "--from", "-2d", "--retention", "30d", "--retention-warning", "60d") == 0
    )
    shown = json.loads(capsys.readouterr().out)
    assert [day["events"] for day in shown["days"]] == [1, 1, 1]
    assert shown["stored"]["events"] == 5
    assert shown["retention"] == {"normal_days": 30, "warning_days": 60, "max_bytes": None}
    assert shown["settles_at"]["events"] == 30


def test_an_empty_store_says_so(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(tmp_path) == 0
    assert "Nothing is stored yet." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--from", "soon"], "'soon' is not a time"),
        (["--to", "-40d"], "--to must be later than --from"),
        (["--limit", "0"], "limit '0'"),
        (["--retention", "5"], "'5' is not a duration"),
    ],
)
def test_wrong_use_is_one_line(
    filled: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], said: str
) -> None:
    assert run(tmp_path, *flags) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_it_refuses_where_there_is_no_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["usage", "--data-dir", str(tmp_path / "nothing")]) == 1
    assert "there is no event database" in capsys.readouterr().err
