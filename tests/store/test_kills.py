"""`kill -9` while changes are stored, deleted and merged: the trial of `bench/kills.py` with fewer kills, and that it
would notice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.killed import Stream
from bench.kills import Outcome, Plan, Truth, check, run
from eventcenter.store import database_path

PLAN = Plan(kills=8, events=2_000)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Outcome]]:
    """The directory of the trial and what it found."""
    work = tmp_path_factory.mktemp("kills")
    yield work, run(PLAN, work)


def test_nothing_is_lost_twice_or_inexact(killed: tuple[Path, Outcome]) -> None:
    _, outcome = killed
    assert outcome.faults == []
    # The trial must have been one.
    assert outcome.kills == outcome.doing.total() == PLAN.kills
    assert outcome.delivered > 3 * PLAN.events, "days must come and go"
    assert 0 < outcome.deleted < outcome.delivered
    assert outcome.events > 0


@pytest.mark.parametrize(
    ("harm", "noticed"),
    [
        ("UPDATE change SET occurrences = occurrences + 1", "roll-ups"),
        ("DELETE FROM event WHERE id = (SELECT max(id) FROM event)", "changes without their event"),
        ("DELETE FROM change WHERE seq = (SELECT max(seq) FROM change)", "delivered Event"),
        ("UPDATE meta SET value = value + 1 WHERE key = 'seq'", "numbers were given"),
        ("UPDATE position SET resource_version = '7'", "the position went back"),
        ("DELETE FROM words WHERE day = (SELECT max(day) FROM words)", "that no search finds"),
        ("UPDATE event SET count = count + 1 WHERE id = (SELECT max(id) FROM event)", "delivered Event"),
    ],
)
def test_harm_is_noticed(killed: tuple[Path, Outcome], tmp_path: Path, harm: str, noticed: str) -> None:
    work, outcome = killed
    path = database_path(tmp_path / "data", "default")
    path.parent.mkdir(parents=True)
    stream = Stream(PLAN.events)
    truth = Truth(stream)
    truth.go_on_to(outcome.delivered)
    with closing(sqlite3.connect(database_path(work / "data", "default"))) as sound:
        sound.execute("VACUUM INTO ?", (str(path),))
    assert list(check(tmp_path, stream, truth, Outcome())) == []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(harm)
    assert noticed in " ".join(check(tmp_path, stream, truth, Outcome()))
