"""What a policy would delete, before it does: read-only, also while a center writes, and from the roll-ups, so that it
takes no longer for ninety days than for one."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from eventcenter.errors import StoreError
from eventcenter.store.files import database_path, open_for_reading
from eventcenter.store.removal import Space
from eventcenter.store.retention import Limits, Policy, delivered_up_to
from eventcenter.store.rollups import QUARTERS_A_DAY
from eventcenter.store.schema import PLACE_BITS, PLACES_A_BUCKET, day_of

Stand = Counter[tuple[int, str]]
"""(day, level) → events."""


class Going(NamedTuple):
    """Events of one day (since 1970) and level that would go."""

    day: int
    level: str
    events: int


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    going: list[Going]
    stored: int
    """Events in all."""
    used_bytes: int
    freed_bytes: int
    """Estimated: the share of these events in what is used."""

    @property
    def events(self) -> int:
        return sum(row.events for row in self.going)


def preview(data_dir: Path, instance: str, policy: Policy, now: int) -> Preview:
    """NotFoundError without a database."""
    path = database_path(data_dir, instance)
    with closing(open_for_reading(path)) as connection:
        try:
            connection.execute("BEGIN")  # one snapshot
            return _preview(connection, policy, Limits.at(policy, now))
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path} cannot be read: {error}", hint="Restore a backup.") from None


def _preview(connection: sqlite3.Connection, policy: Policy, limits: Limits) -> Preview:
    (stored,) = connection.execute(
        "SELECT coalesce(sum(events), 0) FROM rollup_day WHERE dimension = 0"
    ).fetchone()
    used = Space(connection).used_bytes
    going = _going(connection, limits, 0)
    freed = _share(going, stored, used)
    if policy.max_bytes is not None and used - freed > policy.max_bytes:
        more = -(-(used - freed - policy.max_bytes) * stored // used)
        going = _going(connection, limits, _place_after(connection, limits, more))
        freed = _share(going, stored, used)
    return Preview(going=going, stored=stored, used_bytes=used, freed_bytes=freed)


def _going(connection: sqlite3.Connection, limits: Limits, size: int) -> list[Going]:
    before = max(limits.all, size)
    events = _standing(connection, 0, before)
    of_level = _standing(connection, before, limits.level_before)
    events.update({key: count for key, count in of_level.items() if key[1] == limits.level})
    events.subtract(_held(connection, limits, before, size))
    return [Going(day, level, count) for (day, level), count in sorted(events.items()) if count]


def _standing(connection: sqlite3.Connection, since: int, before: int) -> Stand:
    """The events between two places, `before` not included: whole quarters of an hour from the roll-ups, the ends
    themselves."""
    first, last = -(-since // PLACES_A_BUCKET), before // PLACES_A_BUCKET - 1
    if first > last:
        return _counted(connection, since, before)
    rows = connection.execute(
        f"SELECT r.bucket / {QUARTERS_A_DAY}, t.text, sum(r.events) FROM rollup_quarter r "
        "JOIN term t ON t.id = r.level WHERE r.dimension = 0 AND r.bucket BETWEEN ? AND ? GROUP BY 1, 2",
        (first, last),
    )
    events: Stand = Counter({(day, level): count for day, level, count in rows})
    events.update(_counted(connection, since, first * PLACES_A_BUCKET))
    events.update(_counted(connection, (last + 1) * PLACES_A_BUCKET, before))
    return events


def _counted(connection: sqlite3.Connection, since: int, before: int) -> Stand:
    rows = connection.execute(
        f"SELECT (e.id >> {PLACE_BITS}) / 86400, t.text, count(*) FROM event e JOIN term t ON t.id = e.level "
        "WHERE e.id >= ? AND e.id < ? GROUP BY 1, 2",
        (since, before),
    )
    return Counter({(day, level): count for day, level, count in rows})


def _held(connection: sqlite3.Connection, limits: Limits, before: int, size: int) -> Stand:
    """The events of those that would go which stay because a sink waits for them: looked for from the first change
    that is not delivered."""
    delivered = delivered_up_to(connection)
    if delivered is None:
        return Counter()
    rows = connection.execute(
        "SELECT e.id, t.text FROM change c JOIN event e ON e.eid = c.eid AND e.seq = c.seq "
        "JOIN term t ON t.id = e.level WHERE c.seq > ? AND e.id < max(?, CASE WHEN t.text = ? THEN ? ELSE 0 END)",
        (delivered, before, limits.level, limits.level_before),
    )
    held: Stand = Counter()
    for place, level in rows:
        if place < size:
            until = max(limits.size_held, limits.held)
        else:
            until = limits.level_held if level == limits.level else limits.held
        if place >= until:
            held[day_of(place), level] += 1
    return held


def _share(going: list[Going], stored: int, used: int) -> int:
    return used * sum(row.events for row in going) // stored if stored else 0


def _place_after(connection: sqlite3.Connection, limits: Limits, events: int) -> int:
    """The place before which the oldest `events` lie that age alone would keep, up to the quarter of an hour."""
    first = limits.all // PLACES_A_BUCKET
    quarters = connection.execute(
        "SELECT bucket, sum(events) FROM rollup_quarter WHERE dimension = 0 AND bucket >= ? GROUP BY 1 ORDER BY 1",
        (first,),
    )
    for bucket, standing in quarters:
        events -= standing
        if events < 0:
            return int(min(limits.size, max(limits.all, bucket * PLACES_A_BUCKET)))
    return limits.size
