"""Reads of the change log: a stretch of it, where a time begins in it, and the raw objects of its events.

Numbers are given without gaps, so that what is missing between two of them has been deleted: a reader learns what it
has missed without anything being kept about it."""

from __future__ import annotations

import sqlite3

from eventcenter.store.compile import FOREVER
from eventcenter.store.decide import marks
from eventcenter.store.rows import EVENT_COLUMNS, Row

EXACT = 500_000
"""A log of so many numbers is looked through from its beginning, in some tens of milliseconds."""
SAMPLES = 2_048
"""Places that are looked at in a longer one."""
RUN = 32
"""Changes that are looked at in each: the latest of them tells when they arrived, as some are late by days."""
AHEAD_MS = 3_600_000
"""A change counts as at most this much later than it arrived (`schema.place`)."""

# The message at a change is what the next change that altered it kept as "before".
_MESSAGE = (
    "coalesce((SELECT n.message_before FROM change n WHERE n.eid = c.eid AND n.seq <> n.eid AND n.seq > c.seq "
    "AND n.message_before IS NOT NULL ORDER BY n.seq LIMIT 1), e.message)"
)
_AS_IT_WAS = (
    EVENT_COLUMNS.replace("e.seq", "c.seq")
    .replace("e.count", "c.count")
    .replace("e.last_time", "c.time")
    .replace("e.message", _MESSAGE)
)
_TIME = "coalesce(placed, time)"


def rows_after(connection: sqlite3.Connection, after: int, limit: int) -> list[Row]:
    """The event columns as they were at each change, then the occurrences that it added."""
    return connection.execute(
        f"SELECT {_AS_IT_WAS}, c.occurrences FROM change c JOIN event e ON e.eid = c.eid "
        "WHERE c.seq > ? ORDER BY c.seq LIMIT ?",
        (min(after, FOREVER), limit),
    ).fetchall()


def newest_rows(connection: sqlite3.Connection, seqs: list[int]) -> list[Row]:
    """The event columns of these changes as they are now, the packed raw object, and the number of the change."""
    return connection.execute(
        f"SELECT {EVENT_COLUMNS}, e.raw, c.seq FROM change c JOIN event e ON e.eid = c.eid "
        f"WHERE c.seq IN ({marks(seqs)})",
        seqs,
    ).fetchall()


def newest(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()
    return int(row[0]) if row else 0


def before_time(connection: sqlite3.Connection, time: int) -> int:
    """The number before the first change of `time` (ms) or later: after it comes every such change, and what arrived
    late among them. Where there is none, the newest number.

    The log has no index of times and they are nearly in order, but for events that arrive late and for imports. What
    is late hides nothing, as only the first counts. A long log is sampled: what is not seen there is a stretch between
    two samples that lies whole among older ones, as an import can make it."""
    first, last = connection.execute(
        "SELECT (SELECT min(seq) FROM change), (SELECT max(seq) FROM change)"
    ).fetchone()
    if first is None:
        return newest(connection)
    time -= time % 1000  # most times are of whole seconds
    start = first if last - first < EXACT else _well_before(connection, time - AHEAD_MS, first, last)
    row = connection.execute(
        f"SELECT seq FROM change WHERE seq >= ? AND {_TIME} >= ? ORDER BY seq LIMIT 1", (start, time)
    ).fetchone()
    return int(row[0]) - 1 if row else newest(connection)


def _well_before(connection: sqlite3.Connection, time: int, first: int, last: int) -> int:
    """The last sample before the first one of `time` or later."""
    before = first
    for seq in range(first, last - RUN, (last - first) // SAMPLES + 1):
        row = connection.execute(
            f"SELECT max(t) FROM (SELECT {_TIME} AS t FROM change WHERE seq >= ? ORDER BY seq LIMIT {RUN})",
            (seq,),
        ).fetchone()
        if row[0] >= time:
            break
        before = seq
    return before
