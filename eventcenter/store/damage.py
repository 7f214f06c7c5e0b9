"""Is the file sound? A look at its ends, short however large it is, and what to say of SQLite's errors."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from eventcenter.store.rollups import KEYS
from eventcenter.store.schema import APPLICATION_ID, MIGRATIONS

SECONDS = 1.0
_NEWEST, _OLDEST = 500, 50
_STEPS_BETWEEN_LOOKS = 20_000
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_HEADER = b"SQLite format 3\x00"
_TABLES = ("meta", "dictionary", "term", "event", "change", "live", "position", "words")
"""Of every version of the schema."""
_ORDER = {"event": "id", "change": "seq", "term": "id", "live": "uid"}


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that what the file holds is wrong, which no waiting cures."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _DAMAGED


def fault_of(path: Path, seconds: float = SECONDS) -> str | None:
    """What is wrong with a file of ours; None when it looks sound, is missing, or is not for us to judge."""
    try:
        if not path.is_file() or not path.stat().st_size:
            return None
        if short := _too_short(path):
            return short
    except OSError:
        return None  # opening it says what it is
    deadline = time.monotonic() + seconds
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
            return _look(connection)
    except sqlite3.DatabaseError as error:
        return str(error) if is_damage(error) else None


def _too_short(path: Path) -> str | None:
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        return None  # the pages that are missing may stand there
    with path.open("rb") as file:
        head = file.read(100)
    if not head.startswith(_HEADER):
        return None  # SQLite says it better
    page = int.from_bytes(head[16:18], "big")
    size, pages = 65_536 if page == 1 else page, int.from_bytes(head[28:32], "big")
    have = path.stat().st_size
    return f"it is cut off: {have} bytes of {pages * size}" if have < pages * size else None


def _look(connection: sqlite3.Connection) -> str | None:
    def value(name: str) -> int:
        return int(connection.execute(f"PRAGMA {name}").fetchone()[0])

    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    version = value("user_version")
    if value("application_id") != APPLICATION_ID or not version or version > len(MIGRATIONS):
        return None
    expected = (*_TABLES, *KEYS) if version == len(MIGRATIONS) else _TABLES
    if missing := [name for name in expected if name not in tables]:
        return f"the table {missing[0]} is missing"
    for name in expected:
        _read_ends(connection, name, _ORDER.get(name))
    newest = connection.execute("SELECT max(day) FROM words").fetchone()[0]
    if newest is not None:
        if f"words_{newest}_data" not in tables:
            return f"the table words_{newest} is missing"
        _read_ends(connection, f"words_{newest}_data", "id")
    return None


def _read_ends(connection: sqlite3.Connection, name: str, key: str | None) -> None:
    if key is None:
        connection.execute(f"SELECT * FROM {name} LIMIT {_NEWEST}").fetchall()
        return
    for direction, rows in (("DESC", _NEWEST), ("ASC", _OLDEST)):
        connection.execute(f"SELECT * FROM {name} ORDER BY {key} {direction} LIMIT {rows}").fetchall()
