"""What a data directory may be: new, in use, unwritable, of another version, of another program, or garbage."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eventcenter.errors import (
    EventCenterError,
    NotFoundError,
    StoreBusy,
    StoreError,
    StoreTooNew,
    StoreUnwritable,
)
from eventcenter.store import database_path, is_locked, open_reader, open_writer, schema
from tests.store.conftest import Store
from tests.store.made import EVERYTHING, NOON, added, batch, event


def open_at(directory: Path) -> None:
    open_writer(directory, "default", clock=lambda: NOON).close()


def refused(directory: Path, error: type[EventCenterError], words: str) -> None:
    """With one line that says what to do, twice in the same way, and without a byte changed."""
    before = digest(directory)
    for _ in range(2):
        with pytest.raises(error, match=words) as caught:
            open_at(directory)
        assert "\n" not in str(caught.value)
        assert caught.value.hint
    assert digest(directory) == before
    assert not is_locked(directory)


def digest(directory: Path) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def test_a_new_file_says_whose_it_is(store: Store) -> None:
    store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        pragmas = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "journal_mode", "auto_vacuum", "integrity_check")
        }
    assert pragmas == {
        "application_id": schema.APPLICATION_ID,
        "user_version": len(schema.MIGRATIONS),
        "journal_mode": "wal",
        "auto_vacuum": 2,
        "integrity_check": "ok",
    }


def test_a_second_process_is_refused(store: Store) -> None:
    code = (
        "import sys, pathlib\n"
        "from eventcenter.store import open_writer\n"
        "from eventcenter.errors import StoreBusy\n"
        "try: open_writer(pathlib.Path(sys.argv[1]), 'default', clock=lambda: 0)\n"
        "except StoreBusy as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(store.directory)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert f"in use by another eventcenter (process {os.getpid()})" in said
    assert is_locked(store.directory)
    store.put(batch(added(event(1))))
    store.close()
    assert not is_locked(store.directory)


def test_the_same_process_is_refused_too(store: Store) -> None:
    with pytest.raises(StoreBusy, match="in use"):
        open_at(store.directory)


def test_a_newer_schema_is_refused_untouched(store: Store) -> None:
    store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    refused(store.directory, StoreTooNew, "schema version 99, this program knows versions up to")
    with pytest.raises(StoreTooNew, match="99"):
        open_reader(store.directory, "default")


def test_another_programs_database_is_refused_untouched(tmp_path: Path) -> None:
    path = database_path(tmp_path, "default")
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "PRAGMA auto_vacuum = FULL; CREATE TABLE notes (text); INSERT INTO notes VALUES (1)"
        )
    refused(tmp_path, StoreError, "database of another program")
    with pytest.raises(StoreError, match="another program"):
        open_reader(tmp_path, "default")


@pytest.mark.parametrize("content", [b"hello", b"x" * 10_000, b"SQLite format 3\0" + b"\xff" * 5_000])
def test_garbage_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = database_path(tmp_path, "default")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot be read"):
        open_reader(tmp_path, "default")
    open_at(tmp_path)
    assert [aside.read_bytes() for aside in path.parent.glob("events-damaged-*.db")] == [content]


def test_a_directory_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    database_path(tmp_path, "default").mkdir(parents=True)
    refused(tmp_path, StoreUnwritable, "cannot be written")


def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    with pytest.raises(StoreUnwritable, match=r"data directory .* cannot be written"):
        open_at(tmp_path / "data")


@pytest.mark.skipif(
    os.geteuid() == 0 and not Path("/proc/self/status").exists(), reason="root writes everywhere"
)
def test_a_directory_without_write_permission_is_refused(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    directory.mkdir()
    directory.chmod(0o555)
    tmp_path.chmod(0o755)
    code = (
        "import os, sys, pathlib\n"
        "from eventcenter.store import open_writer\n"
        "from eventcenter.errors import StoreUnwritable\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: open_writer(pathlib.Path(sys.argv[1]), 'default', clock=lambda: 0)\n"
        "except StoreUnwritable as error: print(error)\n"
    )
    for parent in tmp_path.parents:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
        if parent.name.startswith("pytest-of-"):
            break
    command = [sys.executable, "-c", code, str(directory)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.startswith(f"the data directory {directory} cannot be written: Permission denied")


def test_reading_needs_a_database(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no event database"):
        open_reader(tmp_path, "default")
    assert not list(tmp_path.iterdir())


def add_a_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE live ADD COLUMN extra TEXT")


def test_an_older_schema_is_upgraded_after_a_backup(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(batch(added(event(1)), position="7"))
    store.close()
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, add_a_column])
    monkeypatch.setattr("eventcenter.store.files.MIGRATIONS", schema.MIGRATIONS)
    newest = len(schema.MIGRATIONS)
    with pytest.raises(StoreError, match=f"schema version {newest - 1}, this program reads version {newest}"):
        open_reader(store.directory, "default")
    store.open()
    assert [found.uid for found in store.reader.list_events(EVERYTHING).events] == [event(1).uid]
    assert store.writer.position("events") == "7"
    (backup,) = store.path.parent.glob(f"events-schema{newest - 1}-*.db")
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (newest - 1,)
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.restart()  # upgraded once: no further backup
    assert len(list(store.path.parent.glob("events-schema*"))) == 1


def test_an_upgrade_that_fails_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(batch(added(event(1))))
    store.close()

    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM event")
        connection.execute("INSERT INTO nowhere VALUES (1)")

    known = list(schema.MIGRATIONS)
    monkeypatch.setattr(schema, "MIGRATIONS", [*known, fails])
    monkeypatch.setattr("eventcenter.store.files.MIGRATIONS", schema.MIGRATIONS)
    with pytest.raises(StoreError):
        open_at(store.directory)
    monkeypatch.setattr(schema, "MIGRATIONS", known)
    monkeypatch.setattr("eventcenter.store.files.MIGRATIONS", known)
    store.open()
    assert len(store.reader.list_events(EVERYTHING).events) == 1


def test_a_backup_that_fails_leaves_no_half_copy(
    store: Store, monkeypatch: pytest.MonkeyPatch, open_store: Callable[..., Any]
) -> None:
    """Cut short by a full disk: the upgrade does not begin."""
    store.put(batch(*(added(event(n)) for n in range(300))))
    store.close()
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, add_a_column])
    monkeypatch.setattr("eventcenter.store.files.MIGRATIONS", schema.MIGRATIONS)
    before = store.path.read_bytes()
    code = (
        "import resource, signal, sys, pathlib\n"
        "from eventcenter.store import open_writer, schema, files\n"
        "from eventcenter.errors import StoreUnwritable\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "files.MIGRATIONS = schema.MIGRATIONS = [*schema.MIGRATIONS, lambda connection: None]\n"
        "try: open_writer(pathlib.Path(sys.argv[1]), 'default', clock=lambda: 0)\n"
        "except StoreUnwritable as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(store.directory)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "cannot be written" in said
    assert store.path.read_bytes() == before
    assert [path.name for path in store.path.parent.iterdir() if "schema" in path.name] == []
