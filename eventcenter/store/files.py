"""The data directory: where the files lie, who holds it, how they are opened, upgraded and backed up."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eventcenter.errors import NotFoundError, StoreBusy, StoreError, StoreTooNew, StoreUnwritable
from eventcenter.store.packing import shipped_dictionary
from eventcenter.store.schema import APPLICATION_ID, MIGRATIONS, migrations

log = logging.getLogger(__name__)

WRITER_CACHE_KIB = 32 * 1024
READER_CACHE_KIB = 4 * 1024
WAL_LIMIT_BYTES = 16 * 1024 * 1024


def database_path(data_dir: Path, instance: str) -> Path:
    return data_dir / "instances" / instance / "events.db"


class DirectoryLock:
    """An exclusive lock on a data directory, held until `release` or the end of the process, however it
    ends."""

    def __init__(self, data_dir: Path) -> None:
        self._path = path = data_dir / "lock"
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "a+b", buffering=0)  # noqa: SIM115  held open on purpose
        except OSError as error:
            raise StoreUnwritable(
                f"the data directory {data_dir} cannot be written: {error.strerror or error}",
                hint="Give the user that runs eventcenter write access, or choose another with --data-dir.",
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read(20).decode("ascii", "replace").strip() or "unknown"
            self._file.close()
            raise StoreBusy(
                f"the data directory {data_dir} is in use by another eventcenter (process {holder})",
                hint="Stop it, or choose another directory with --data-dir.",
            ) from None
        try:
            self._file.truncate(0)
            self._file.write(str(os.getpid()).encode())
        except OSError as error:
            self.release()
            raise unwritable(data_dir, error) from None

    def is_lost(self) -> bool:
        """Whether the locked file was removed, so that another process could lock a new one."""
        held = os.fstat(self._file.fileno())
        return identity(self._path) != (held.st_dev, held.st_ino)

    def release(self) -> None:
        self._file.close()


def identity(path: Path) -> tuple[int, int] | None:
    """Tells a file from another that later has its name; None without one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_locked(data_dir: Path) -> bool:
    """Whether a process holds the data directory now."""
    try:
        with open(data_dir / "lock", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def unwritable(path: Path, error: Exception) -> StoreUnwritable:
    reason = getattr(error, "strerror", None) or str(error)
    return StoreUnwritable(
        f"{path} cannot be written: {reason}",
        hint="Free or enlarge the disk, or make it writable; collecting goes on by itself.",
    )


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The one write connection of a file, made or upgraded first where needed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
    except (OSError, sqlite3.OperationalError) as error:
        raise unwritable(path, error) from None
    try:
        _prepare(connection, path)
    except sqlite3.DatabaseError as error:
        connection.close()
        if isinstance(error, sqlite3.OperationalError):
            raise unwritable(path, error) from None
        raise damaged(path, error) from None
    except BaseException:
        connection.close()
        raise
    return connection


def damaged(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    return StoreError(
        f"{path} is no sound eventcenter database: {error}",
        hint="Move it away and start again, or restore a backup.",
    )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    version = checked_version(connection, path)
    if not version:
        # Only takes effect on an empty file and before WAL (docs/decisions/0003); elsewhere it would be a write.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    # In a storm the same index pages change in every transaction: checkpoint them once in several.
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_LIMIT_BYTES // 4096}")
    connection.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
    if version < len(MIGRATIONS):
        _migrate(connection, path, version)
    if not connection.execute("SELECT 1 FROM dictionary").fetchone():
        connection.execute("INSERT INTO dictionary VALUES (1, ?)", (shipped_dictionary(),))


def checked_version(connection: sqlite3.Connection, path: Path) -> int:
    """Schema version of the file, 0 for an empty one. StoreTooNew when a newer program wrote it."""
    version = int(_pragma(connection, "user_version"))
    owner = int(_pragma(connection, "application_id"))
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if owner != APPLICATION_ID and tables:
        raise StoreError(
            f"{path} is a database of another program",
            hint="Choose another directory with --data-dir.",
        )
    if version > len(MIGRATIONS):
        raise StoreTooNew(
            f"{path} has schema version {version}, this program knows versions up to {len(MIGRATIONS)}",
            hint="Run the newer eventcenter that wrote it, or choose another directory with --data-dir.",
        )
    return version


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _migrate(connection: sqlite3.Connection, path: Path, version: int) -> None:
    from sqlite_utils import Database

    if version:
        saved = backup_before_migration(connection, path, version)
        log.info("schema upgrade from=%d to=%d backup=%s", version, len(MIGRATIONS), saved)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrations().apply(Database(connection, execute_plugins=False))


def backup_before_migration(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """A full copy beside the file; an interrupted copy never bears the final name."""
    target = path.with_name(f"events-schema{version}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.db")
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    try:
        connection.execute("VACUUM INTO ?", (str(partial),))
    except sqlite3.Error:
        partial.unlink(missing_ok=True)
        raise
    partial.rename(target)
    return target


class ReadConnection(sqlite3.Connection):
    """One that a page is read with."""

    examined: int | None = None
    """The place of the row that the statement under way looks at (`search_at`); None: of none yet."""
    found: tuple[int, ...] = ()
    """The places of the last two rows that it found (`search_found`)."""


def open_for_reading(path: Path) -> ReadConnection:
    """A read-only connection, also while another process writes."""
    if not path.exists():
        raise NotFoundError(
            f"there is no event database at {path}",
            hint="Start `eventcenter run` first, or name its directory with --data-dir.",
        )
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=5,
            factory=ReadConnection,
        )
    except sqlite3.OperationalError as error:
        raise StoreError(f"{path} cannot be read: {error}") from None
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        version = checked_version(connection, path)
        if version < len(MIGRATIONS):
            raise StoreError(
                f"{path} has schema version {version}, this program reads version {len(MIGRATIONS)}",
                hint="Start `eventcenter run` on it once: it upgrades the file after a backup.",
            )
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StoreError(f"{path} cannot be read: {error}") from None
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT; a deferred one could fail halfway with a snapshot error
    (docs/decisions/0003)."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def size_bytes(path: Path) -> int:
    """Bytes of the database with its write-ahead log."""
    total = 0
    for file in (path, path.with_name(path.name + "-wal")):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total
