"""The process that `bench.kills` kills: writes made-up changes as fast as they are taken while retention deletes and
the full text is merged, all through the one writer.

    python -m bench.killed --data-dir DIR --events N --marks FILE

Time is made up as well: N changes are a day, so that many days come and go in a minute. The stream is the same in every
process, and each one goes on at the committed position. FILE holds one letter, written before each step: what was going
on when the process was killed (a mapped page outlives it).
"""

from __future__ import annotations

import argparse
import mmap
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.synthetic import at, changes
from eventcenter.model import Batch, Change, ChangeType, Event
from eventcenter.normalize import normalize
from eventcenter.rules import built_in
from eventcenter.store import Writer, open_writer, retention
from eventcenter.store.calls import T, Task
from eventcenter.store.compaction import compact
from eventcenter.store.merging import merge_day
from eventcenter.store.retention import DAY_MS, Policy, Pruner

BEGIN_MS = 1_795_392_000_000  # 2026-11-23T00:00:00Z
POLICY = Policy(normal_ms=DAY_MS, warning_ms=2 * DAY_MS)
SEGMENT = 2_000
"""Changes that can be made up without those before them."""
TOGETHER = 50
REST_S = 0.01

STARTING, INGESTING, DELETING, MERGING, COMPACTING = b"s", b"i", b"d", b"m", b"c"


@dataclass(frozen=True, slots=True)
class Stream:
    """The endless stream of a cluster with `a_day` changes a day. The n-th (from 0) has the resourceVersion n + 2."""

    a_day: int

    def time(self, number: int) -> int:
        """When the change comes, ms; to the second, as Kubernetes writes it."""
        return BEGIN_MS + number * DAY_MS // self.a_day // 1000 * 1000

    def changes(self, first: int) -> Iterator[Change]:
        segment = first // SEGMENT
        skip = first - segment * SEGMENT
        while True:
            made = islice(changes(segment), SEGMENT)
            for number, (kind, item) in enumerate(made, start=segment * SEGMENT):
                sent = at(kind, item, self.time(number) / 1000, number + 2)
                if number >= segment * SEGMENT + skip:
                    yield normalize(ChangeType(kind), sent, received=0)
            segment, skip = segment + 1, 0


class Marks:
    """One letter in a file."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), 1)

    def set(self, letter: bytes) -> None:
        self._page[0:1] = letter


class Care:
    """Deletes, merges and compacts, again and again, as the jobs of a center do now and then."""

    def __init__(self, writer: Writer, stream: Stream, marks: Marks) -> None:
        self._writer = writer
        self._stream = stream
        self._marks = marks

    def now(self) -> int:
        """By what is committed: what is deleted is too old for every check that comes later."""
        return self._stream.time(int(self._writer.position("events") or 0))

    def _delete(self, task: Task[T]) -> T:
        return self._writer.call(self._marked(task, DELETING))

    def _merge(self, task: Task[T]) -> T:
        return self._writer.call(self._marked(task, MERGING))

    def _compact(self, task: Task[T]) -> T:
        return self._writer.call(self._marked(task, COMPACTING))

    def _marked(self, task: Task[T], letter: bytes) -> Task[T]:
        def marked(connection: sqlite3.Connection) -> T:
            self._marks.set(letter)
            return task(connection)

        return marked

    def run(self) -> None:
        pruner = Pruner(self._delete, self.now)
        while True:
            pruner.run(POLICY)
            today = self.now() // DAY_MS
            for day in (today - 2, today - 1, today):
                merge_day(self._merge, day)
            compact(self._compact, today)
            time.sleep(REST_S)


def write(data_dir: Path, stream: Stream, marks: Marks) -> None:
    """For ever."""
    newest = 0
    catalogue = built_in()

    def classify(event: Event) -> str:
        marks.set(INGESTING)
        return catalogue.classify(event)

    marks.set(STARTING)
    # So that the file is also shrunk at the size of a trial.
    retention.FREE_BYTES = 256 * 1024
    writer = open_writer(data_dir, "default", clock=lambda: stream.time(newest), classify=classify)
    newest = int(writer.position("events") or 0)
    print("ready", flush=True)
    threading.Thread(target=Care(writer, stream, marks).run, daemon=True).start()
    coming = stream.changes(newest)
    while True:
        some = list(islice(coming, TOGETHER))
        newest += len(some)
        writer.deliver(Batch("events", some, str(newest)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--marks", type=Path, required=True)
    options = parser.parse_args()
    write(options.data_dir, Stream(options.events), Marks(options.marks))


if __name__ == "__main__":
    main()
