"""`eventcenter prune`: what it deletes, what it only shows, when it refuses."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from eventcenter.cli.root import run_command
from eventcenter.store import retention
from eventcenter.store.preview import preview
from eventcenter.store.removal import Space
from eventcenter.store.retention import Policy, Pruner
from tests.retention.looking import assert_sound, names
from tests.store.made import DAY, NOON, Clock, added, batch, event, modified


def fill(store: Any, now: int) -> None:
    levels = ("Normal", "Warning")
    events = [
        event(n, level=levels[n % 2], first_time=now - n * DAY, last_time=now - n * DAY) for n in range(8)
    ]
    store.put(batch(*map(added, events)))
    store.put(batch(modified(event(7, level="Warning", count=5, last_time=now - 7 * DAY + 1))))


def run(tmp_path: Path, *more: str) -> int:
    return run_command(["prune", "--data-dir", str(tmp_path / "data"), *more])


@pytest.fixture
def filled(store: Any, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.chdir(tmp_path)
    clock.now = time.time_ns() // 1_000_000
    fill(store, clock.now - 1000)
    return store


def test_it_deletes_what_is_too_old(filled: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled.close()
    assert run(tmp_path, "--retention", "3d", "--retention-warning", "6d") == 0
    assert capsys.readouterr().out.startswith("3 events with 4 changes deleted in ")
    filled.open()
    assert names(filled) == {"web-0", "web-1", "web-2", "web-3", "web-5"}
    assert_sound(filled)


def test_a_dry_run_shows_it_and_deletes_nothing_also_beside_a_center(
    filled: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--dry-run", "--retention", "3d", "--retention-warning", "6d") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:5:2] for line in lines[:-1]] == [
        ["Warning", "events"],
        ["Normal", "events"],
        ["Normal", "events"],
    ]
    assert lines[-1].startswith("3 of 8 events would go, about ")
    assert len(names(filled)) == 8


def test_it_refuses_while_a_center_runs(
    filled: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--retention", "3d") == 1
    error = capsys.readouterr().err
    assert "in use by another eventcenter" in error
    assert "A running center prunes by itself" in error
    assert len(names(filled)) == 8


def test_it_refuses_where_there_is_no_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["prune", "--data-dir", str(tmp_path / "nothing")]) == 1
    assert "there is no event database" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    "policy",
    [
        Policy(3 * DAY, 3 * DAY),
        Policy(2 * DAY, 5 * DAY),
        Policy(6 * DAY, 4 * DAY),
        Policy(90 * DAY, 90 * DAY),
        Policy(3 * DAY, 3 * DAY, undelivered_ms=2 * DAY),
        Policy(2 * DAY, 4 * DAY, undelivered_ms=DAY),
    ],
)
@pytest.mark.parametrize("delivered", [None, 5])
def test_the_preview_counts_what_goes(
    store: Any, clock: Clock, tmp_path: Path, policy: Policy, delivered: int | None
) -> None:
    fill(store, NOON)
    if delivered is not None:
        store.writer.call(lambda c: c.execute("INSERT INTO cursor VALUES ('s', 'sink', ?, 0)", (delivered,)))
    found = preview(tmp_path / "data", "default", policy, NOON)
    done = Pruner(store.writer.call, clock).run(policy)
    assert found.events == done.events


def test_the_preview_of_a_size_is_about_right(
    store: Any, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LARGEST", 50)
    for day in range(8):
        store.put(
            batch(
                *(
                    added(event(500 * day + n, last_time=NOON - day * DAY, message=f"{n} " * 200))
                    for n in range(300)
                )
            )
        )
    policy = Policy(90 * DAY, 90 * DAY, max_bytes=store.writer.call(Space).used_bytes // 2)
    found = preview(tmp_path / "data", "default", policy, NOON)
    done = Pruner(store.writer.call, clock).run(policy)
    assert abs(found.events - done.events) < 0.25 * found.stored
