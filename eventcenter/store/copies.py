"""Whole copies of a database, also of one that a center is writing to. No copy bears its final name before it is
complete, checked and on the disk.

SQLite's online backup, on a connection that keeps one snapshot open: page by page, so that it knows how far it is, and
never begun again by what is written meanwhile. VACUUM INTO would build every table anew, which takes several times the
processor on a machine that is collecting."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from eventcenter.errors import NotFoundError, StoreError, StoreUnwritable
from eventcenter.store.files import checked_version

Progress = Callable[[str, int, int], None]
"""What is done, how much of it, of how much (0: nobody knows)."""

Counts = dict[str, int]
"""Rows of each table."""

PAGES_A_STEP = 1024
_STEPS_BETWEEN_LOOKS = 2_000_000


@contextmanager
def opened_for_copying(path: Path) -> Iterator[sqlite3.Connection]:
    """Read-only and of any schema version that the program knows. The file may lie on a read-only disk."""
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}")
    log = path.with_name(path.name + "-wal")
    alone = "" if log.exists() and log.stat().st_size else "&immutable=1"
    with _opened(path, alone) as connection:
        yield connection


@contextmanager
def opened_while_written(path: Path) -> Iterator[sqlite3.Connection]:
    """Read-only, of a database that a center may be writing to."""
    if not path.is_file():
        raise NotFoundError(
            f"there is no event database at {path}", hint="Name its directory with --data-dir."
        )
    with _opened(path, "") as connection:
        yield connection


@contextmanager
def _opened(path: Path, more: str) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro{more}", uri=True, isolation_level=None, timeout=5
        )
        with closing(connection):
            if not checked_version(connection, path):
                raise StoreError(f"{path} is no eventcenter database: it is empty")
            yield connection
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} cannot be read: {error}") from None


def copied(
    source: sqlite3.Connection,
    target: Path,
    progress: Progress,
    *,
    change: Callable[[sqlite3.Connection], None] | None = None,
) -> Counts:
    """Copy what `source` shows now to `target`, which is replaced when the copy is complete and checked."""
    partial = target.with_name(target.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        counts = _copy(source, target, partial, progress, change)
        _to_disk(partial)
        partial.replace(target)
        _to_disk(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        for name in (partial.name, partial.name + "-wal", partial.name + "-shm", partial.name + "-journal"):
            partial.with_name(name).unlink(missing_ok=True)
    return counts


def _copy(
    source: sqlite3.Connection,
    target: Path,
    partial: Path,
    progress: Progress,
    change: Callable[[sqlite3.Connection], None] | None,
) -> Counts:
    source.execute("BEGIN")
    try:
        progress("counting", 0, 0)
        counts = row_counts(source)  # the first read: it fixes the snapshot
        _fill(source, target, partial, progress, change)
    finally:
        source.execute("ROLLBACK")
    found = checked(partial, progress)
    if found != counts:
        raise StoreError(f"the copy {target} does not hold the rows of the original; nothing was kept")
    return counts


def _fill(
    source: sqlite3.Connection,
    target: Path,
    partial: Path,
    progress: Progress,
    change: Callable[[sqlite3.Connection], None] | None,
) -> None:
    def step(_status: int, remaining: int, total: int) -> None:
        progress("copying", total - remaining, total)

    try:
        with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # synced as a whole below
            copy.execute("PRAGMA journal_mode = OFF")
            source.backup(copy, pages=PAGES_A_STEP, progress=step)
        with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")  # one file that needs no other beside it
            if change is not None:
                change(copy)
    except sqlite3.OperationalError as error:
        raise _unwritable(target, error) from None


def checked(path: Path, progress: Progress) -> Counts:
    """Read the whole file. StoreError when it is damaged, of another program or newer."""
    ticks = 0

    def tick() -> bool:
        nonlocal ticks
        ticks += 1
        progress("checking", ticks, 0)
        return False

    with opened_for_copying(path) as connection:
        connection.set_progress_handler(tick, _STEPS_BETWEEN_LOOKS)
        progress("checking", 0, 0)
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise StoreError(f"{path} is damaged: {' '.join(found[0].split())}")
        return row_counts(connection)


def row_counts(connection: sqlite3.Connection) -> Counts:
    """Of every table of ours; the full-text tables hold what `event` does."""
    names = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' "
            r"AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'words\_%' ESCAPE '\' ORDER BY name"
        )
    ]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(target: Path, error: Exception) -> StoreUnwritable:
    reason = getattr(error, "strerror", None) or str(error)
    return StoreUnwritable(
        f"{target} cannot be written: {reason}", hint="Nothing was left there. Choose a place with room."
    )
