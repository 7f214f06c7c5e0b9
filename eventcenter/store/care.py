"""Backup, restore and schema upgrade of one instance's database, as the commands of these names do them."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from eventcenter.errors import StoreError
from eventcenter.store.copies import (
    Counts,
    Progress,
    checked,
    copied,
    opened_for_copying,
    opened_while_written,
)
from eventcenter.store.files import DirectoryLock, database_path, open_for_writing
from eventcenter.store.schema import MIGRATIONS

BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a database in use. A log that belongs to another file would be written into it."""


@dataclass(frozen=True, slots=True)
class Restored:
    counts: Counts
    aside: Path | None
    """Where the database that was there before lies now."""


@dataclass(frozen=True, slots=True)
class Schema:
    path: Path
    version: int
    known: int
    pending: list[str]


def back_up(data_dir: Path, instance: str, target: Path, *, force: bool, progress: Progress) -> Counts:
    """A complete, checked copy at `target`, also while a center writes."""
    source = database_path(data_dir, instance)
    if target.is_dir():
        raise StoreError(f"{target} is a directory", hint="Name a file.")
    if target.exists():
        if source.exists() and target.samefile(source):
            raise StoreError(f"{target} is the database itself", hint="Choose another file.")
        if not force:
            raise StoreError(
                f"{target} exists already", hint="Choose another name, or replace it with --force."
            )
    with opened_while_written(source) as connection:
        return copied(connection, target, progress)


def restore(data_dir: Path, instance: str, backup: Path, progress: Progress) -> Restored:
    """Put a checked copy of `backup` in the place of the database, which is kept beside it."""
    target = database_path(data_dir, instance)
    if target.exists() and backup.exists() and target.samefile(backup):
        raise StoreError(f"{backup} is the database itself", hint="Name a backup of it.")
    checked(backup, progress)
    lock = DirectoryLock(data_dir)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return _replace(target, backup, progress)
    finally:
        lock.release()


def _replace(target: Path, backup: Path, progress: Progress) -> Restored:
    seq = _settle(target)
    fresh = target.with_name("events.restored")
    with opened_for_copying(backup) as connection:
        counts = copied(connection, fresh, progress, change=lambda copy: _no_number_twice(copy, seq))
    aside = set_aside(target, "before-restore", keep=True)
    fresh.replace(target)
    return Restored(counts, aside)


def _no_number_twice(copy: sqlite3.Connection, seq: int) -> None:
    """Whoever consumes changes remembers the newest number: those given out since the backup stay unused."""
    copy.execute("UPDATE meta SET value = max(value, ?) WHERE key = 'seq'", (seq,))


def _settle(path: Path) -> int:
    """Write the log into the file, so that it is whole alone; the newest number it has given. 0 where it cannot
    be read: it is moved as it is."""
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            row = connection.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()
            return int(row[0]) if row else 0
    except sqlite3.DatabaseError:
        return 0


def set_aside(path: Path, why: str, *, keep: bool = False) -> Path | None:
    """Rename a database and what lies beside it to a name with the time. With `keep` its name goes on to exist until
    it is replaced, so that there is no moment without a database."""
    if not path.exists():
        for suffix in BESIDE:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return None
    aside = _unused(path, why)
    if keep:
        os.link(path, aside)
    for suffix in BESIDE:
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    if not keep:
        path.rename(aside)
    return aside


def _unused(path: Path, why: str) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    aside, number = path.with_name(f"{path.stem}-{why}-{stamp}.db"), 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}-{why}-{stamp}-{number}.db")
    return aside


def schema(data_dir: Path, instance: str) -> Schema:
    """What version the database has and what is missing to the newest. StoreTooNew when it is newer."""
    path = database_path(data_dir, instance)
    with opened_while_written(path) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    return Schema(path, version, len(MIGRATIONS), [step.__name__ for step in MIGRATIONS[version:]])


def upgrade(data_dir: Path, instance: str) -> Path | None:
    """Bring the schema up to date after a backup; where that lies."""
    before = schema(data_dir, instance)
    lock = DirectoryLock(data_dir)
    try:
        open_for_writing(before.path).close()
    finally:
        lock.release()
    saved = sorted(before.path.parent.glob(f"events-schema{before.version}-*.db"))
    return saved[-1] if saved and before.pending else None
