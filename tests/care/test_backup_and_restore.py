"""A backup is complete or is not there; a restore never loses what was there before."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from eventcenter.errors import StoreError
from eventcenter.store import Writer, care, database_path, open_reader, open_writer
from eventcenter.store.schema import MIGRATIONS
from tests.care.conftest import NOON, Command, fill, uid
from tests.care.stored import stored_uids


def silent(what: str, done: int, total: int) -> None: ...


def test_a_backup_while_a_center_writes_is_of_one_moment(
    writer: Writer, data_dir: Path, tmp_path: Path
) -> None:
    fill(writer, 0, 3000)
    stop = threading.Event()

    def collect() -> None:
        number = 3000
        while not stop.is_set():
            fill(writer, number, number + 100)
            number += 100

    thread = threading.Thread(target=collect)
    thread.start()
    try:
        counts = care.back_up(data_dir, "default", tmp_path / "b.db", force=False, progress=silent)
    finally:
        stop.set()
        thread.join()
    assert counts["event"] >= 3000
    with closing(sqlite3.connect(tmp_path / "b.db")) as copy:
        (events,) = copy.execute("SELECT count(*) FROM event").fetchone()
        (seq,) = copy.execute("SELECT value FROM meta WHERE key = 'seq'").fetchone()
        (position,) = copy.execute("SELECT resource_version FROM position").fetchone()
        assert (events, int(position)) == (seq, seq) == (counts["event"], counts["change"])
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("b.db") and path.name != "b.db"]


def test_there_and_back(filled: Path, tmp_path: Path, command: Command) -> None:
    before = stored_uids(filled)
    assert command("backup", "b.db", "--data-dir", filled).out == "b.db: 2000 events, 2000 changes, checked\n"
    again = open_writer(filled, "default", clock=lambda: NOON)
    fill(again, 2000, 2300)
    again.close()
    answer = command("restore", "b.db", "--data-dir", filled)
    assert answer.code == 0
    assert stored_uids(filled) == before
    aside = Path(answer.out.splitlines()[1].rpartition(" ")[2])
    with closing(sqlite3.connect(aside)) as old:
        assert old.execute("SELECT count(*) FROM event").fetchone() == (2300,)
    assert sorted(path.name for path in database_path(filled, "default").parent.iterdir()) == sorted(
        ["events.db", aside.name]
    )


def test_numbers_given_since_the_backup_are_not_given_again(filled: Path, command: Command) -> None:
    command("backup", "b.db", "--data-dir", filled)
    again = open_writer(filled, "default", clock=lambda: NOON)
    fill(again, 2000, 2300)
    again.close()
    command("restore", "b.db", "--data-dir", filled)
    again = open_writer(filled, "default", clock=lambda: NOON)
    fill(again, 2300, 2301)
    again.close()
    with closing(open_reader(filled, "default")) as reader:
        assert reader.event(uid(2300)).event.seq == 2301
        assert reader.event(uid(1999)).event.seq == 2000


def test_a_log_left_by_a_killed_center_is_not_written_into_the_restored_file(
    filled: Path, command: Command, tmp_path: Path
) -> None:
    command("backup", "b.db", "--data-dir", filled)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from eventcenter.store import open_writer\n"
        "from tests.care.conftest import NOON, fill\n"
        "w = open_writer(Path(sys.argv[1]), 'default', clock=lambda: NOON)\n"
        "fill(w, 2000, 2500)\n"
        "os._exit(9)\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, str(filled)], cwd=root, timeout=60, check=False)
    path = database_path(filled, "default")
    assert path.with_name("events.db-wal").stat().st_size
    answer = command("restore", "b.db", "--data-dir", filled)
    assert answer.code == 0
    assert not path.with_name("events.db-wal").exists()
    assert len(stored_uids(filled)) == 2000
    aside = Path(answer.out.splitlines()[1].rpartition(" ")[2])
    with closing(sqlite3.connect(aside)) as old:
        assert old.execute("SELECT count(*) FROM event").fetchone() == (2500,)


def test_restoring_into_an_empty_directory(filled: Path, tmp_path: Path, command: Command) -> None:
    command("backup", "b.db", "--data-dir", filled)
    answer = command("restore", "b.db", "--data-dir", tmp_path / "new")
    assert (answer.code, answer.out.count("\n")) == (0, 1)
    assert stored_uids(tmp_path / "new") == stored_uids(filled)


def test_a_running_center_is_not_replaced(writer: Writer, data_dir: Path, command: Command) -> None:
    fill(writer, 0, 10)
    assert command("backup", "b.db", "--data-dir", data_dir).code == 0
    answer = command("restore", "b.db", "--data-dir", data_dir)
    assert answer.code == 1
    assert "in use by another eventcenter" in answer.err
    assert answer.err.count("\n") == 1


def test_what_a_backup_refuses(filled: Path, tmp_path: Path, command: Command) -> None:
    (tmp_path / "there").write_text("mine")
    for target, says in (
        ("there", "exists already"),
        ("no/such/b.db", "cannot be written: No such file"),
        (database_path(filled, "default"), "is the database itself"),
        (tmp_path, "is a directory"),
        ("/dev/full", "exists already"),
        ("/proc/b.db", "cannot be written"),
    ):
        answer = command("backup", target, "--data-dir", filled)
        assert (answer.code, answer.err.count("\n")) == (1, 1), answer
        assert says in answer.err
    assert (tmp_path / "there").read_text() == "mine"
    assert command("backup", "there", "--force", "--data-dir", filled).code == 0
    missing = command("backup", "b.db", "--data-dir", tmp_path / "none")
    assert (missing.code, missing.err.count("\n")) == (1, 1)
    assert not (tmp_path / "none").exists()


def test_what_a_restore_refuses(filled: Path, tmp_path: Path, command: Command) -> None:
    command("backup", "b.db", "--data-dir", filled)
    good = (tmp_path / "b.db").read_bytes()
    (tmp_path / "garbage").write_bytes(os.urandom(8192))
    (tmp_path / "empty").touch()
    (tmp_path / "short").write_bytes(good[: len(good) // 2])
    middle = len(good) // 2 // 4096 * 4096
    (tmp_path / "hole").write_bytes(good[:middle] + b"\xff" * 40960 + good[middle + 40960 :])
    (tmp_path / "newer").write_bytes(good)
    with closing(sqlite3.connect(tmp_path / "newer")) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with closing(sqlite3.connect(tmp_path / "other")) as other:
        other.execute("CREATE TABLE t (a)")
    before = database_path(filled, "default").read_bytes()
    for name, says in (
        ("none", "there is no file"),
        ("garbage", "cannot be read"),
        ("empty", "no eventcenter database"),
        ("short", ""),
        ("hole", ""),
        ("newer", "this program knows"),
        ("other", "another program"),
    ):
        answer = command("restore", name, "--data-dir", filled)
        assert (answer.code, answer.err.count("\n")) == (1, 1), (name, answer)
        assert says in answer.err
    assert database_path(filled, "default").read_bytes() == before


def test_an_interrupted_backup_leaves_nothing(filled: Path, tmp_path: Path) -> None:
    def interrupt(what: str, done: int, total: int) -> None:
        if what == "checking":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        care.back_up(filled, "default", tmp_path / "b.db", force=False, progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_full_disk_is_one_line(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def small(path: object, *args: object, **more: object) -> sqlite3.Connection:
        connection = connect(path, *args, **more)  # type: ignore[call-overload]
        if str(path).endswith(".partial"):
            connection.execute("PRAGMA max_page_count = 20")
        return connection  # type: ignore[no-any-return]

    monkeypatch.setattr(sqlite3, "connect", small)
    with pytest.raises(StoreError, match="full"):
        care.back_up(filled, "default", tmp_path / "b.db", force=False, progress=silent)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_migrate(filled: Path, command: Command) -> None:
    known = len(MIGRATIONS)
    answer = command("migrate", "--check", "--data-dir", filled)
    assert (answer.code, f"version {known} of {known}, pending: nothing" in answer.out) == (0, True)

    def m999_for_the_test(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE added_by_the_test (a)")

    MIGRATIONS.append(m999_for_the_test)
    try:
        answer = command("migrate", "--check", "--data-dir", filled)
        assert (answer.code, "pending: m999_for_the_test" in answer.out) == (1, True)
        answer = command("migrate", "--data-dir", filled)
        assert answer.code == 0
        saved = Path(answer.out.splitlines()[-1].rpartition(" ")[2])
        assert saved.exists()
        assert command("migrate", "--check", "--data-dir", filled).code == 0
        assert command("restore", saved, "--data-dir", filled).code == 0
        assert command("migrate", "--check", "--data-dir", filled).code == 1
    finally:
        MIGRATIONS.remove(m999_for_the_test)
    assert command("migrate", "--check", "--data-dir", filled.with_name("none")).code == 1
