"""`kill -9` at any instant leaves a sound file and exact sums: a loop of kills while changes are stored, old events are
deleted and the full text is merged.

    python -m bench.kills [--kills 100] [--events 20000] [--seed 1]

`--events` are the changes of a made-up day; a day or two are kept. After each kill a copy of the file and its log, as
they lie on the disk, is opened and compared with what was delivered up to the committed position: each change once,
under its own number, unless retention was free to delete its event. Exit code 1 when anything differs.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.killed import COMPACTING, DELETING, INGESTING, MERGING, POLICY, STARTING, Stream
from eventcenter.model import Change
from eventcenter.store import database_path
from eventcenter.store.audit import orphans, rollup_differences
from eventcenter.store.files import open_for_writing
from eventcenter.store.packing import unpack_uid
from eventcenter.store.schema import day_places, first_place

LIVES_S = 1.2
"""The longest that a process lives after it is ready."""
STARTS_S = 1.0
EARLY = 5
"""Every so many kills one comes while the process starts."""
DOING = {
    STARTING: "starting",
    INGESTING: "storing",
    DELETING: "deleting",
    MERGING: "merging",
    COMPACTING: "compacting",
}


@dataclass(frozen=True, slots=True)
class Plan:
    kills: int = 100
    events: int = 20_000
    seed: int = 1


@dataclass(slots=True)
class Event:
    """One event of the stream as far as it was delivered."""

    uid: str
    level: str
    time: int
    count: int
    seqs: list[int]


@dataclass(slots=True)
class Outcome:
    """`faults` must be empty: what was wrong after which kill."""

    kills: int = 0
    doing: Counter[str] = field(default_factory=Counter)
    """What the process was at when it was killed."""
    delivered: int = 0
    events: int = 0
    deleted: int = 0
    longest_log: int = 0
    """Bytes of the write-ahead log that a kill left."""
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.faults and self.kills > 0 and self.delivered > 0


class Truth:
    """What the stream has brought up to a position."""

    def __init__(self, stream: Stream) -> None:
        self._coming = stream.changes(0)
        self._by_uid: dict[str, Event] = {}
        self.events: dict[int, Event] = {}
        """By the number of the first change, which a store calls eid."""
        self.position = 0

    def go_on_to(self, position: int) -> None:
        for change in islice(self._coming, position - self.position):
            self.position += 1
            self._take(change)

    def _take(self, change: Change) -> None:
        event = change.event
        known = self._by_uid.get(event.uid)
        if known is None:
            known = self._by_uid[event.uid] = self.events[self.position] = Event(
                event.uid, event.level, 0, 0, []
            )
        known.time, known.count = event.last_time, event.count
        known.seqs.append(self.position)


def run(plan: Plan, work: Path, say: Callable[[str], None] = print) -> Outcome:
    """The whole trial in the directory `work`."""
    outcome, began = Outcome(), time.monotonic()
    chance = random.Random(plan.seed)
    stream = Stream(plan.events)
    truth = Truth(stream)
    for number in range(1, plan.kills + 1):
        doing = _live_and_die(plan, work, chance, early=number % EARLY == 0)
        outcome.kills, outcome.doing = number, outcome.doing + Counter([doing])
        for fault in check(work, stream, truth, outcome):
            outcome.faults.append(f"kill {number}, {doing}: {fault}")
        if number % 10 == 0:
            say(f"{number} kills, {truth.position:,} changes, {len(outcome.faults)} faults")
    outcome.seconds = time.monotonic() - began
    return outcome


def _live_and_die(plan: Plan, work: Path, chance: random.Random, *, early: bool) -> str:
    """What the process was at when SIGKILL met it."""
    marks = work / "marks"
    marks.write_bytes(STARTING)
    command = [sys.executable, "-m", "bench.killed", "--data-dir", str(work / "data")]
    command += ["--events", str(plan.events), "--marks", str(marks)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]) as process:
        assert process.stdout is not None
        if early:
            time.sleep(chance.uniform(0, STARTS_S))
        else:
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the process that is to be killed does not start")
            time.sleep(chance.uniform(0, LIVES_S))
        if process.poll() is not None:
            raise RuntimeError(f"the process ended by itself with {process.returncode}")
        process.kill()
    return DOING[marks.read_bytes()]


def check(work: Path, stream: Stream, truth: Truth, outcome: Outcome) -> Iterator[str]:
    """What is wrong. Looks at a copy: the next process is to find the file as the kill left it."""
    source = database_path(work / "data", "default")
    if not source.exists():
        return
    copy = work / "copy" / "events.db"
    copy.parent.mkdir(exist_ok=True)
    for suffix in ("", "-wal"):
        beside = source.with_name(source.name + suffix)
        target = copy.with_name(copy.name + suffix)
        target.unlink(missing_ok=True)
        if beside.exists():
            shutil.copy(beside, target)
            if suffix:
                outcome.longest_log = max(outcome.longest_log, target.stat().st_size)
    copy.with_name(copy.name + "-shm").unlink(missing_ok=True)
    try:
        with closing(open_for_writing(copy)) as connection:
            yield from _unsound(connection)
            yield from _differences(connection, stream, truth, outcome)
    except sqlite3.DatabaseError as error:
        yield f"it cannot be read: {error}"


def _unsound(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA quick_check"):
        if line != "ok":
            yield f"quick_check: {line}"
    for (day,) in connection.execute("SELECT day FROM words").fetchall():
        try:
            connection.execute(f"INSERT INTO words_{day} (words_{day}) VALUES ('integrity-check')")
        except sqlite3.DatabaseError as error:
            yield f"full text of day {day}: {error}"
    if differences := rollup_differences(connection):
        yield f"roll-ups: {len(differences)} differences, the first {differences[0]}"
    if without := orphans(connection):
        yield f"{without} changes without their event"
    if unfound := _not_found(connection):
        yield f"{unfound} events that no search finds"


def _not_found(connection: sqlite3.Connection) -> int:
    """Events that the full text of their day does not hold under their level."""
    (stored,) = connection.execute("SELECT count(*) FROM event").fetchone()
    levels = [level for (level,) in connection.execute("SELECT DISTINCT level FROM event")]
    found = 0
    for (day,) in connection.execute("SELECT day FROM words").fetchall():
        for level in levels:
            sql = (
                f"SELECT count(*) FROM words_{day} w CROSS JOIN event e ON e.id = w.rowid "
                f"WHERE words_{day} MATCH ? AND e.level = ? AND e.id BETWEEN ? AND ?"
            )
            found += connection.execute(sql, (f"tags : l{level}", level, *day_places(day))).fetchone()[0]
    return int(stored - found)


def _differences(
    connection: sqlite3.Connection, stream: Stream, truth: Truth, outcome: Outcome
) -> Iterator[str]:
    """Against what was delivered up to the committed position."""
    row = connection.execute("SELECT resource_version FROM position WHERE stream = 'events'").fetchone()
    position = int(row[0]) if row else 0
    if position < truth.position:
        yield f"the position went back from {truth.position} to {position}"
        return
    truth.go_on_to(position)
    (seq,) = connection.execute("SELECT coalesce(max(value), 0) FROM meta WHERE key = 'seq'").fetchone()
    if seq != position:
        yield f"{seq} numbers were given for {position} changes"
    stored = _stored(connection)
    for eid in stored.keys() - truth.events.keys():
        yield f"an event that never came: {stored[eid]}"
    gone = 0
    for eid, event in truth.events.items():
        if eid in stored:
            if stored[eid] != (event.uid, event.time, event.count, event.seqs):
                yield f"stored {stored[eid]}, delivered {event}"
        elif _may_be_deleted(event, stream.time(position)):
            gone += 1
        else:
            yield f"missing: {event}"
    outcome.delivered, outcome.events, outcome.deleted = position, len(stored), gone


def _may_be_deleted(event: Event, now: int) -> bool:
    age = POLICY.normal_ms if event.level == "Normal" else POLICY.warning_ms
    return first_place(event.time) < first_place(now - age)


def _stored(connection: sqlite3.Connection) -> dict[int, tuple[str, int, int, list[int]]]:
    seqs: dict[int, list[int]] = {}
    for eid, seq in connection.execute("SELECT eid, seq FROM change ORDER BY seq"):
        seqs.setdefault(eid, []).append(seq)
    return {
        eid: (unpack_uid(uid), time_, count, seqs.get(eid, []))
        for eid, uid, time_, count in connection.execute("SELECT eid, uid, last_time, count FROM event")
    }


def table(outcome: Outcome) -> Table:
    shown = Table("figure", "value", title="kill -9 while storing, deleting, merging and compacting")
    shown.add_row("kills", f"{outcome.kills}")
    for doing in DOING.values():
        shown.add_row(f"  while {doing}", f"{outcome.doing[doing]}")
    shown.add_row("changes delivered and committed", f"{outcome.delivered:,}")
    shown.add_row("events stored at the end, deleted by age", f"{outcome.events:,}, {outcome.deleted:,}")
    shown.add_row("longest write-ahead log that a kill left, MiB", f"{outcome.longest_log / 2**20:.1f}")
    shown.add_row("faults (lost, twice, unsound, inexact)", f"{len(outcome.faults)}")
    shown.add_row("seconds", f"{outcome.seconds:.0f}")
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--events", type=int, default=20_000, help="changes of a made-up day")
    parser.add_argument("--seed", type=int, default=1)
    with tempfile.TemporaryDirectory() as work:
        outcome = run(Plan(**vars(parser.parse_args())), Path(work))
    Console().print(table(outcome))
    for fault in outcome.faults[:20]:
        print(fault[:500], file=sys.stderr)
    sys.exit(0 if outcome.sound else 1)


if __name__ == "__main__":
    main()
