"""What `eventcenter doctor` wants to know of a store: read-only, bounded in time, also while another process
writes."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import msgspec

from eventcenter.errors import StoreError
from eventcenter.store.files import database_path, open_for_reading, size_bytes

_STEPS_BETWEEN_LOOKS = 100_000


class Position(msgspec.Struct, frozen=True):
    stream: str
    resource_version: str | None
    committed: int
    """When it was committed last, ms."""


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    size: int
    schema: int
    newest_seq: int
    newest_time: int | None
    """Event time of the newest change, ms; None without any."""
    positions: list[Position]
    faults: list[str]
    """What SQLite's quick check found; empty when the file is sound as far as it was read."""
    complete: bool
    """Whether the quick check got through the whole file in its time."""


def inspect(data_dir: Path, instance: str, *, seconds: float) -> Inspection:
    """NotFoundError, StoreTooNew or StoreError when the file is missing, newer or no database of ours."""
    path = database_path(data_dir, instance)
    with closing(open_for_reading(path)) as connection:
        try:
            newest = connection.execute("SELECT seq, time FROM change ORDER BY seq DESC LIMIT 1").fetchone()
            rows = connection.execute("SELECT stream, resource_version, committed FROM position").fetchall()
            schema = connection.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path} cannot be read: {error}", hint="Restore a backup.") from None
        faults, complete = _quick_check(connection, seconds)
    return Inspection(
        path=path,
        size=size_bytes(path),
        schema=schema,
        newest_seq=newest[0] if newest else 0,
        newest_time=newest[1] if newest else None,
        positions=[Position(*row) for row in rows],
        faults=faults,
        complete=complete,
    )


def _quick_check(connection: sqlite3.Connection, seconds: float) -> tuple[list[str], bool]:
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return [], False
        return [str(error)], True
    except sqlite3.DatabaseError as error:
        return [str(error)], True
    return [" ".join(line.split()) for line in found if line != "ok"], True
