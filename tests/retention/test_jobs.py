"""The scheduled jobs: retention follows the settings file, failures are told and tried again, full text is merged."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eventcenter.config import load
from eventcenter.errors import StoreUnwritable
from eventcenter.jobs import Jobs, SettingsFile
from eventcenter.model import Retention
from eventcenter.store.schema import day_of, first_place
from tests.retention.looking import assert_sound, names
from tests.store.made import DAY, NOON, Clock, added, batch, event


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "eventcenter.yaml"
    path.write_text("retention: 90d\n")
    return path


@pytest.fixture
def jobs(store: Any, clock: Clock, file: Path) -> Iterator[Jobs]:
    loaded = load({}, file=file, env={})
    jobs = Jobs(store.writer, clock, loaded.settings, SettingsFile(loaded))
    store.put(batch(*(added(event(n, last_time=NOON - n * DAY)) for n in range(6))))
    jobs.start()
    yield jobs
    jobs.stop()


def test_a_shorter_retention_in_the_file_takes_effect_without_a_restart(
    store: Any, jobs: Jobs, file: Path
) -> None:
    jobs.prune()
    assert len(names(store)) == 6
    file.write_text("retention: 3d\nretention_warning: 4d\n")
    jobs.follow()
    until(lambda: len(names(store)) == 4)
    until(lambda: jobs.status().events == 2)
    assert jobs.status().last_run == NOON
    assert_sound(store)


def test_the_status_says_what_is_kept_now(jobs: Jobs, file: Path) -> None:
    assert jobs.status().kept == Retention(normal_ms=90 * DAY, warning_ms=90 * DAY)
    file.write_text("retention: 3d\nretention_warning: 4d\nmax_size: 1GB\n")
    jobs.follow()
    assert jobs.status().kept == Retention(normal_ms=3 * DAY, warning_ms=4 * DAY, max_bytes=10**9)


def test_a_wrong_file_is_told_once_and_changes_nothing(
    store: Any, jobs: Jobs, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text("retention: never\n")
    jobs.follow()
    jobs.follow()
    jobs.prune()
    assert len(names(store)) == 6
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert "'never' is not a duration" in told[0].getMessage()


def test_a_file_that_comes_later_counts_too(store: Any, clock: Clock, tmp_path: Path) -> None:
    loaded = load({}, env={}, cwd=tmp_path)
    watched = SettingsFile(loaded)
    assert watched.changed() is None
    (tmp_path / "eventcenter.yaml").write_text("retention: 5d\n")
    changed = watched.changed()
    assert changed is not None
    assert changed.retention_ms == 5 * DAY
    assert watched.changed() is None


def test_what_fails_is_told_and_tried_again(store: Any, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(task: object) -> None:
        raise StoreUnwritable("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(jobs._pruner, "_ask", refuse)
        jobs.prune()
    assert jobs.status().error == "the disk is full"
    jobs.prune()
    assert jobs.status().error is None


def test_a_finished_day_becomes_one_piece(store: Any, jobs: Jobs) -> None:
    yesterday = NOON - DAY
    for n in range(60):
        store.put(
            batch(added(event(100 + n, last_time=yesterday, first_time=yesterday, message=f"m{n} " * 900)))
        )
    day = day_of(first_place(yesterday))

    def pieces() -> int:
        with closing(sqlite3.connect(store.path)) as connection:
            sql = f"SELECT count(DISTINCT segid) FROM words_{day}_idx"
            return int(connection.execute(sql).fetchone()[0])

    assert pieces() > 1
    found = names(store)
    jobs.tend()
    assert pieces() == 1
    assert names(store) == found
    assert_sound(store)
