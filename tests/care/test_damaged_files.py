"""A damaged or removed database is kept, said loudly and replaced; collecting goes on, what can be read comes over."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from eventcenter.errors import Gone, NotFoundError
from eventcenter.model import Batch, StoreStatus
from eventcenter.store import Reader, Writer, database_path, inbox, open_writer, renewal, salvage, writer
from eventcenter.store.damage import fault_of
from tests.care.conftest import NOON, fill, made, uid

PAGE = 4096


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(inbox, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(writer, "RETRY_S", 0.1)
    monkeypatch.setattr(salvage, "PATIENCE_S", 0.05)


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def salvaged(status: StoreStatus) -> bool:
    return any(": salvaged" in notice for notice in status.notices)


def known(reader: Reader, number: int) -> bool:
    try:
        return reader.event(uid(number)).event.uid == uid(number)
    except NotFoundError:
        return False


def asides(data_dir: Path) -> list[str]:
    return sorted(path.name for path in database_path(data_dir, "default").parent.glob("events-damaged-*.db"))


def overwrite(path: Path, first: int, pages: int, with_: bytes = b"\xfe") -> None:
    with path.open("r+b") as file:
        file.seek(first * PAGE)
        file.write(with_ * (pages * PAGE))


def break_header(path: Path) -> None:
    overwrite(path, 0, 1)


def break_end(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def break_newest_rows(path: Path) -> None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        pages = [
            row[0]
            for row in connection.execute(
                "SELECT pageno FROM dbstat WHERE name = 'event' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 2"
            )
        ]
    for page in pages:
        overwrite(path, page - 1, 1)


@pytest.mark.parametrize("damage", [break_header, break_end, break_newest_rows])
def test_a_damaged_file_is_set_aside_at_the_start(filled: Path, damage: Callable[[Path], None]) -> None:
    path = database_path(filled, "default")
    damage(path)
    broken = path.read_bytes()
    opened = open_writer(filled, "default", clock=lambda: NOON)
    reader = Reader(path, "default")
    try:
        assert opened.position("events") is None
        assert "was damaged" in opened.status().notices[0]
        fill(opened, 3000, 3100)
        assert known(reader, 3050)
        (aside,) = asides(filled)
        assert path.with_name(aside).read_bytes() == broken
        if damage is not break_header:
            until(lambda: salvaged(opened.status()))
        if damage is break_newest_rows:
            here = sum(known(reader, number) for number in range(2000))
            assert 1850 < here < 2000
            assert (
                opened.status().notices[-1]
                == f"{aside}: salvaged {here} events, 1 rows or ranges could not be read"
            )
    finally:
        reader.close()
        opened.close()


def test_a_sound_file_is_not_touched(filled: Path) -> None:
    path = database_path(filled, "default")
    assert fault_of(path) is None
    opened = open_writer(filled, "default", clock=lambda: NOON)
    assert (opened.status().notices, asides(filled)) == ((), [])
    opened.close()


def test_damage_met_while_collecting(data_dir: Path) -> None:
    opened = open_writer(data_dir, "default", clock=lambda: NOON)
    fill(opened, 0, 3000)
    opened.close()
    path = database_path(data_dir, "default")
    with closing(sqlite3.connect(path)) as connection:
        (live,) = connection.execute("SELECT pageno FROM dbstat WHERE name = 'live' ORDER BY path").fetchone()
    opened = open_writer(data_dir, "default", clock=lambda: NOON)
    reader = Reader(path, "default")
    try:
        overwrite(path, live - 1, 1)
        seq = opened.status().seq
        opened.deliver(Batch("events", [made(number) for number in range(3000, 3100)], "3101"))
        assert opened.flush()
        assert "was damaged" in opened.status().notices[0]
        assert opened.status().writable
        assert reader.event(uid(3050)).event.seq > seq
        with pytest.raises(Gone):
            opened.deliver(Batch("events", [made(3200)], "3201"))
        assert opened.position("events") is None, "until the cluster is listed again"
        opened.deliver(Batch("events", [], forget_position=True))
        opened.deliver(Batch("events", [made(number) for number in range(2900, 3201)], "3201"))
        assert opened.flush()
        assert opened.position("events") == "3201"
        until(lambda: salvaged(opened.status()))
        assert all(known(reader, number) for number in range(3100))
    finally:
        reader.close()
        opened.close()
    again = open_writer(data_dir, "default", clock=lambda: NOON)
    assert again.status().notices == (), "what was brought over once is not brought over again"
    again.close()


def break_table(path: Path, name: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (root,) = connection.execute(sql, (name,)).fetchone()
    overwrite(path, root - 1, 1)


@pytest.fixture
def nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look at the ends of the file ran out of time."""
    monkeypatch.setattr(renewal, "fault_of", lambda path: None)


@pytest.mark.usefixtures("nothing_is_seen")
@pytest.mark.parametrize("table", ["position", "meta", "dictionary"])
def test_damage_that_only_the_first_use_meets_is_set_aside(filled: Path, table: str) -> None:
    path = database_path(filled, "default")
    break_table(path, table)
    opened = open_writer(filled, "default", clock=lambda: NOON)
    reader = Reader(path, "default")
    try:
        assert "was damaged" in opened.status().notices[0]
        assert len(asides(filled)) == 1
        fill(opened, 3000, 3100)
        until(lambda: salvaged(opened.status()))
        assert known(reader, 1999) and known(reader, 3050)
    finally:
        reader.close()
        opened.close()


@pytest.mark.usefixtures("nothing_is_seen")
def test_a_damaged_file_put_in_the_place_is_set_aside(filled: Path, tmp_path: Path) -> None:
    path = database_path(filled, "default")
    shutil.copy(path, tmp_path / "copy.db")
    break_table(tmp_path / "copy.db", "position")
    opened = open_writer(filled, "default", clock=lambda: NOON)
    reader = Reader(path, "default")
    try:
        os.replace(tmp_path / "copy.db", path)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        until(lambda: len(opened.status().notices) > 1)
        assert "was damaged" in opened.status().notices[0]
        until(lambda: _must_list_again(opened))
        fill(opened, 3000, 3100)
        assert known(reader, 3050) and opened.status().writable
    finally:
        reader.close()
        opened.close()


def _must_list_again(opened: Writer) -> bool:
    """The stream is told by what it delivers next, soon after the file was exchanged."""
    try:
        fill(opened, 3000, 3100)
    except Gone:
        return True
    return False


def test_salvaging_goes_on_after_a_restart(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_newest_rows(database_path(filled, "default"))
    monkeypatch.setattr(salvage, "PATIENCE_S", 5.0)
    monkeypatch.setattr(salvage.Salvage, "_hand_over", _slowly(salvage.Salvage._hand_over))
    opened = open_writer(filled, "default", clock=lambda: NOON)
    until(lambda: opened.status().changes_written >= 200)
    opened.close()
    assert opened.status().changes_written < 1500
    monkeypatch.undo()
    again = open_writer(filled, "default", clock=lambda: NOON)
    reader = Reader(database_path(filled, "default"), "default")
    until(lambda: salvaged(again.status()))
    assert sum(known(reader, number) for number in range(1850)) == 1850
    assert again.status().duplicates == 0
    reader.close()
    again.close()


def _slowly(hand_over: Callable[..., None]) -> Callable[..., None]:
    def slow(self: salvage.Salvage, batch: list[object], position: str) -> None:
        hand_over(self, batch, position)
        self._stop.wait(0.2)

    return slow


@pytest.mark.parametrize("what", ["file", "directory"])
def test_a_removed_file_is_noticed_and_nothing_is_lost(writer: Writer, data_dir: Path, what: str) -> None:
    fill(writer, 0, 1000)
    path = database_path(data_dir, "default")
    reader = Reader(path, "default")
    try:
        if what == "file":
            for file in path.parent.iterdir():
                file.unlink()
        else:
            shutil.rmtree(data_dir)
        until(lambda: any("salvag" in notice for notice in writer.status().notices))
        assert "was removed while we ran" in writer.status().notices[0]
        with pytest.raises(Gone):
            writer.deliver(Batch("events", [made(1000)], "1001"))
        fill(writer, 1000, 1100)
        until(lambda: salvaged(writer.status()))
        assert all(known(reader, number) for number in range(1100))
        assert (data_dir / "lock").exists()
    finally:
        reader.close()


def test_another_file_put_in_the_place_is_used(filled: Path, tmp_path: Path) -> None:
    path = database_path(filled, "default")
    shutil.copy(path, tmp_path / "copy.db")
    opened = open_writer(filled, "default", clock=lambda: NOON)
    reader = Reader(path, "default")
    try:
        fill(opened, 2000, 2100)
        os.replace(tmp_path / "copy.db", path)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        until(lambda: bool(opened.status().notices) and opened.position("events") == "2000")
        assert "was replaced" in opened.status().notices[0]
        assert known(reader, 1999) and not known(reader, 2050)
        with pytest.raises(Gone):
            fill(opened, 2000, 2001)
        fill(opened, 2000, 2200)
        assert known(reader, 2150)
    finally:
        reader.close()
        opened.close()


def test_rows_around_a_hole_are_found(filled: Path) -> None:
    path = database_path(filled, "default")
    with closing(sqlite3.connect(path)) as connection:
        leaves = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = 'event' AND pagetype = 'leaf' ORDER BY path"
        )
        pages = [row[0] for row in leaves]
        whole = {row[0] for row in connection.execute("SELECT id FROM event")}
    for page in (pages[3], pages[4], pages[20]):
        overwrite(path, page - 1, 1)
    missed: list[str] = []
    with closing(sqlite3.connect(path)) as connection:
        rows = list(salvage.readable(connection, "SELECT id, message FROM event", "id", 0, missed.append))
    found = [row[0] for row in rows]
    assert found == sorted(set(found)) and whole.issuperset(found)
    assert len(whole) - 3 * 60 < len(found) < len(whole)
    assert len(missed) == 2


def test_the_look_at_the_start_is_bounded(filled: Path) -> None:
    began = time.monotonic()
    assert fault_of(database_path(filled, "default"), seconds=0.0) is None
    assert time.monotonic() - began < 1
