"""Ends of a process, orderly and not: numbers, positions and sums go on where they were."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC
from pathlib import Path

from eventcenter.model import Batch
from eventcenter.query import EventQuery
from eventcenter.store import open_reader
from tests.store.conftest import Store
from tests.store.made import DAY, HOUR, MINUTE, NOON, added, batch, event, modified

KILLS, SECONDS = 20, 15.0


def test_numbers_and_positions_go_on(store: Store) -> None:
    store.put(
        batch(added(event(1)), added(event(2)), position="20"), batch(stream="events/shop", position="7")
    )
    store.restart()
    assert store.writer.position("events") == "20"
    assert store.writer.position("events/shop") == "7"
    assert store.writer.position("never") is None
    store.put(batch(added(event(3))))
    assert [entry.event.seq for entry in store.reader.changes(0, 10)] == [1, 2, 3]
    assert store.reader.newest_seq() == 3


def test_a_batch_without_a_position_leaves_it(store: Store) -> None:
    store.put(batch(position="20"))
    store.put(batch(added(event(1))))
    store.restart()
    assert store.writer.position("events") == "20"


def test_a_useless_position_is_forgotten(store: Store) -> None:
    store.put(batch(position="20"))
    store.put(Batch("events", [], forget_position=True))
    assert store.writer.position("events") is None
    store.restart()
    assert store.writer.position("events") is None


def test_many_readings_of_the_log_meet_every_change_once(store: Store) -> None:
    store.put(*(batch(*(added(event(n + m)) for m in range(7))) for n in range(0, 70, 7)))
    after, seen = 0, []
    while some := store.reader.changes(after, 9):
        seen += [entry.event.uid for entry in some]
        after = some[-1].event.seq
    assert seen == [event(n).uid for n in range(70)]
    assert store.reader.changes(10**30, 5) == []


# A made-up stream that anybody can tell again from its numbers: step n is about event n // 3 or one of before.
WRITES = """
import sys, pathlib
from eventcenter.store import open_writer
from tests.store.test_restarts import stream_of
from tests.store.made import NOON, DAY, batch
writer = open_writer(pathlib.Path(sys.argv[1]), "default", clock=lambda: NOON + DAY)
step = int(writer.position("events") or 0)
print("ready", flush=True)
while True:
    writer.deliver(batch(*stream_of(step, step + 7), position=str(step + 7)))
    step += 7
"""


def stream_of(start: int, end: int) -> list:  # type: ignore[type-arg]
    changes = []
    for step in range(start, end):
        target, nth = step // 5, step % 5 + 1
        made = event(target, count=nth, last_time=NOON + target * MINUTE + nth * 1000, message=f"try {nth}")
        changes.append(added(made, step + 1) if nth == 1 else modified(made, step + 1))
    return changes


def test_killed_at_any_instant(tmp_path: Path) -> None:
    """SIGKILL, twenty times: what is committed is whole, and position, events, log and sums say the same."""
    rng, deadline, kills = random.Random(5), time.monotonic() + SECONDS, 0
    while kills < KILLS and time.monotonic() < deadline:
        process = subprocess.Popen(
            [sys.executable, "-c", WRITES, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0.0, 0.3))  # the instant of the kill is what varies
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        process.stdout.close()
        kills += 1
        if kills % 5 == 0:
            compare_with_the_truth(tmp_path)
    assert kills >= 5
    compare_with_the_truth(tmp_path)


def compare_with_the_truth(directory: Path) -> None:
    path = directory / "instances" / "default" / "events.db"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (version,) = connection.execute("SELECT resource_version FROM position").fetchone() or ("0",)
        for (day,) in connection.execute("SELECT day FROM words").fetchall():
            connection.execute(f"INSERT INTO words_{day} (words_{day}) VALUES ('integrity-check')")
        stored = {(found[0], found[1]) for found in connection.execute("SELECT name, count FROM event")}
        steps = connection.execute("SELECT count(*), coalesce(sum(occurrences), 0) FROM change").fetchone()
        summed = connection.execute("SELECT coalesce(sum(occurrences), 0) FROM rollup_cross").fetchone()
    done = int(version)
    truth: dict[str, int] = {}
    for change in stream_of(0, done):
        truth[change.event.name] = change.event.count
    assert stored == set(truth.items())
    assert steps == (done, done)
    assert summed == (done,)
    reader = open_reader(directory, "default")
    try:
        totals = reader.overview(NOON, NOON + 400 * DAY, UTC, NOON).totals
        newest = reader.list_events(EventQuery(limit=1)).events
    finally:
        reader.close()
    assert totals.total == done
    if done:
        assert newest[0].last_time <= NOON + done * MINUTE + HOUR
