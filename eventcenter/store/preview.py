"""What a policy would delete, before it does: read-only, also while a center writes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from eventcenter.errors import StoreError
from eventcenter.store.files import database_path, open_for_reading
from eventcenter.store.removal import Space
from eventcenter.store.retention import Limits, Policy, delivered_up_to
from eventcenter.store.schema import PLACE_BITS

FOREVER = 1 << 62

_GOING = (
    f"SELECT (e.id >> {PLACE_BITS}) / 86400, t.text, count(*), "
    "sum((SELECT count(*) FROM change c WHERE c.seq = e.eid) "
    "+ (SELECT count(*) FROM change c WHERE c.eid = e.eid AND c.seq <> c.eid)) "
    "FROM event e JOIN term t ON t.id = e.level "
    "WHERE (e.id < :all OR (e.id < :level_before AND t.text = :level)) AND (e.seq <= :delivered "
    "OR e.id < CASE WHEN e.id < :size THEN :size_held WHEN t.text = :level THEN :level_held ELSE :held END) "
    "AND e.id < max(:all, :level_before) GROUP BY 1, 2 ORDER BY 1, 2"
)


class Going(NamedTuple):
    """Events of one day (since 1970) and level that would go."""

    day: int
    level: str
    events: int
    changes: int


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
    """NotFoundError without a database. Reads every event that would go."""
    path = database_path(data_dir, instance)
    with closing(open_for_reading(path)) as connection:
        try:
            connection.execute("BEGIN")  # one snapshot
            return _preview(connection, policy, Limits.at(policy, now))
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path} cannot be read: {error}", hint="Restore a backup.") from None


def _preview(connection: sqlite3.Connection, policy: Policy, limits: Limits) -> Preview:
    (stored,) = connection.execute("SELECT count(*) FROM event").fetchone()
    used = Space(connection).used_bytes
    going = _going(connection, limits, 0)
    freed = _share(going, stored, used)
    if policy.max_bytes is not None and used - freed > policy.max_bytes:
        more = -(-(used - freed - policy.max_bytes) * stored // used)
        going = _going(connection, limits, _place_after(connection, limits, more))
        freed = _share(going, stored, used)
    return Preview(going=going, stored=stored, used_bytes=used, freed_bytes=freed)


def _going(connection: sqlite3.Connection, limits: Limits, size: int) -> list[Going]:
    delivered = delivered_up_to(connection)
    values = {
        "all": max(limits.all, size),
        "held": limits.held,
        "level": limits.level,
        "level_before": limits.level_before,
        "level_held": limits.level_held,
        "size": size,
        "size_held": max(limits.size_held, limits.held),
        "delivered": FOREVER if delivered is None else delivered,
    }
    return [Going(*row) for row in connection.execute(_GOING, values)]


def _share(going: list[Going], stored: int, used: int) -> int:
    return used * sum(row.events for row in going) // stored if stored else 0


def _place_after(connection: sqlite3.Connection, limits: Limits, events: int) -> int:
    """The place before which the oldest `events` lie that age alone would keep."""
    row = connection.execute(
        "SELECT id FROM event WHERE id >= ? ORDER BY id LIMIT 1 OFFSET ?", (limits.all, events)
    ).fetchone()
    return min(limits.size, row[0] if row else limits.size)
