"""A store of any size, quickly: its first days and today are taken in by the real writer; every day between is a copy
of one of them with names, uids and times of its own, as the writer and its nightly care would have left it.

python -m bench.build --data-dir DIR --events 22500000

A test holds the copies to `audit`, to the integrity check of the full text, and to what can be asked of events."""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from bench.filled import CHANGES_A_DAY, EVENTS_A_DAY, Clock, fill
from eventcenter.rules import built_in
from eventcenter.store import database_path, open_writer
from eventcenter.store.compaction import compact
from eventcenter.store.merging import merge_day
from eventcenter.store.rollups import BUCKET_OF_CHANGE, PAYLOAD, QUARTERS_A_DAY, Sums
from eventcenter.store.schema import EVENT_STORED, PLACE_BITS, WORDS_DDL, day_places
from eventcenter.store.words import TAGS, WordRow, tags_of, word_row

TEMPLATES = 2
"""Whole days that are taken in, after the part of a day that the store begins with."""
DAY_S = 86_400
AT_ONCE = 10_000
_OWN = re.compile(r"-([0-9a-f]{9})(?:-|$)")
"""The part of a name that no other ReplicaSet has."""
_COLUMN = {name: number for number, name in enumerate(EVENT_STORED.split(", "))}

Say = Callable[[str], None]


def build(directory: Path, events: int, *, a_day: int = EVENTS_A_DAY, say: Say = lambda text: None) -> Path:
    """A store of about `events` events, `a_day` each day, that ends now."""
    changes_a_day = a_day * CHANGES_A_DAY / EVENTS_A_DAY
    end = time.time()
    begin = end - events / a_day * DAY_S
    first, today = int(begin // DAY_S) + 1, int(end // DAY_S)
    taken_in = max(begin, min(first + TEMPLATES, today) * DAY_S)
    _take_in(directory, begin, taken_in, changes_a_day)
    say(f"{time.time() - end:5.0f} s  {TEMPLATES} days and a part taken in")
    with closing(sqlite3.connect(database_path(directory, "default"), isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("PRAGMA synchronous = OFF")
        templates = [_Template(connection, first + number) for number in range(min(TEMPLATES, today - first))]
        for number, day in enumerate(range(first + TEMPLATES, today)):
            _Copy(connection, templates[number % TEMPLATES], day).make()
            say(f"{time.time() - end:5.0f} s  {day - first + 1} of {today - first} days")
    _take_in(directory, max(taken_in, today * DAY_S), end, changes_a_day)
    say(f"{time.time() - end:5.0f} s  today taken in")
    return database_path(directory, "default")


def _take_in(directory: Path, begin: float, end: float, changes_a_day: float) -> None:
    """Through the writer, then the nightly care of the finished days."""
    clock = Clock(int(begin * 1000))
    writer = open_writer(directory, "default", clock=clock, classify=built_in().classify)
    try:
        fill(
            writer, round((end - begin) / DAY_S * changes_a_day), clock, seed=int(begin), a_day=changes_a_day
        )
        for day in range(int(begin // DAY_S), int(end // DAY_S)):
            merge_day(writer.call, day)
        compact(writer.call, int(end // DAY_S))
    finally:
        writer.close()


class _Template:
    """A day that is copied, but for events that began before its midnight."""

    def __init__(self, connection: sqlite3.Connection, day: int) -> None:
        self.day = day
        first, last = day_places(day)
        self.which = f"e.id BETWEEN {first} AND {last} AND e.first_time >= {day * DAY_S * 1000}"
        self.first_seq, self.last_seq = connection.execute(
            f"SELECT min(eid), max(seq) FROM event e WHERE {self.which}"
        ).fetchone()
        terms = ", ".join(TAGS)
        self.stand = connection.execute(
            f"SELECT id, {terms}, {PAYLOAD} FROM event e WHERE {self.which}"
        ).fetchall()
        self.occurred = connection.execute(
            f"SELECT {BUCKET_OF_CHANGE}, {terms}, sum(occurrences) FROM event e JOIN change USING (eid) "
            f"WHERE {self.which} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"
        ).fetchall()


class _Copy:
    """One day made from another, in one transaction."""

    def __init__(self, connection: sqlite3.Connection, template: _Template, day: int) -> None:
        self._connection = connection
        self._template, self._day = template, day
        self._days = day - template.day
        (newest,) = connection.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()
        self._seqs = newest + 1 - template.first_seq
        self._places = self._days * DAY_S << PLACE_BITS
        self._chance = random.Random(day)

    def make(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._copy_changes()
        self._copy_events()
        self._copy_rollups()
        newest = self._template.last_seq + self._seqs
        self._connection.execute("UPDATE meta SET value = ? WHERE key = 'seq'", (newest,))
        self._connection.execute("COMMIT")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _copy_changes(self) -> None:
        later = self._days * DAY_S * 1000
        self._connection.execute(
            "INSERT INTO change (seq, later, time, count, occurrences, message_before, placed) "
            f"SELECT c.seq + {self._seqs}, c.later, time + {later}, c.count, "
            f"occurrences, message_before, placed + {later} FROM change c JOIN event e USING (eid) "
            f"WHERE c.seq BETWEEN ? AND ? AND {self._template.which} ORDER BY c.seq",
            (self._template.first_seq, self._template.last_seq),
        )

    def _copy_events(self) -> None:
        table = f"words_{self._day}"
        self._connection.execute(WORDS_DDL.format(table=table))
        self._connection.execute("INSERT INTO words VALUES (?)", (self._day,))
        # One flush of all words is one piece, as the nightly merge leaves a day.
        self._connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('hashsize', {1 << 28})")
        marks = ",".join("?" * len(_COLUMN))
        rows = self._rows()
        while some := list(islice(rows, AT_ONCE)):
            self._connection.executemany(
                f"INSERT INTO event ({EVENT_STORED}) VALUES ({marks})", [row for row, _ in some]
            )
            self._connection.executemany(
                f"INSERT INTO {table} (rowid, tags, message, name, reason, uid) VALUES (?, ?, ?, ?, ?, ?)",
                [words for _, words in some],
            )
        self._connection.execute(f"DELETE FROM {table}_config WHERE k = 'hashsize'")

    def _rows(self) -> Iterator[tuple[list[object], WordRow]]:
        texts = dict(self._connection.execute("SELECT id, text FROM term"))
        other = self._chance.getrandbits(36)
        salt = self._chance.randbytes(4)
        tags = [_COLUMN[name] for name in TAGS]
        select = f"SELECT {EVENT_STORED} FROM event e WHERE {self._template.which} ORDER BY id"
        for row in self._connection.execute(select).fetchall():
            made = list(row)
            made[0] += self._places
            made[1] += self._seqs
            for column in (_COLUMN["uid"], _COLUMN["object_uid"]):
                if isinstance(made[column], bytes):
                    made[column] = salt + made[column][4:]
            name, message = made[_COLUMN["name"]], made[_COLUMN["message"]]
            if found := _OWN.search(name):
                renamed = f"{int(found[1], 16) ^ other:09x}"
                name, message = name.replace(found[1], renamed), message.replace(found[1], renamed)
                made[_COLUMN["name"]], made[_COLUMN["message"]] = name, message
            reason = texts[made[_COLUMN["reason"]]]
            yield (
                made,
                word_row(made[0], tags_of([made[tag] for tag in tags]), message, name, reason, made[3]),
            )

    def _copy_rollups(self) -> None:
        sums = Sums()
        for event_id, *terms, size in self._template.stand:
            sums.stands(event_id + self._places, tuple(terms), size, 1)
        for bucket, *terms, occurrences in self._template.occurred:
            sums.occurred(bucket + self._days * QUARTERS_A_DAY, tuple(terms), occurrences)
        sums.write(self._connection)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--events", type=int, default=22_500_000)
    options = parser.parse_args()
    path = build(options.data_dir, options.events, say=lambda text: print(text, flush=True))
    print(f"{path}: {path.stat().st_size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
