"""A database says whose events it holds, also one that was begun while running; those of two clusters never mix."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eventcenter.errors import Gone, StoreError
from eventcenter.model import Batch
from eventcenter.store import Writer, database_path, inbox, open_writer, writer
from tests.care.conftest import NOON, fill, made
from tests.care.stored import stored_uids


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(inbox, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(writer, "RETRY_S", 0.1)


@pytest.fixture
def of_one(data_dir: Path) -> Iterator[Writer]:
    """A center that collects from the cluster `one`."""
    opened = open_writer(data_dir, "default", clock=lambda: NOON)
    assert opened.claim("cluster", "one") == "one"
    fill(opened, 0, 100)
    yield opened
    opened.close()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def owner(data_dir: Path) -> str:
    """Who the database says it belongs to when another cluster asks."""
    opened = open_writer(data_dir, "default", clock=lambda: NOON)
    try:
        return opened.claim("cluster", "another")
    finally:
        opened.close()


def put_in_place(file: Path, path: Path) -> None:
    os.replace(file, path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def listed_again(opened: Writer, first: int, last: int) -> None:
    with pytest.raises(Gone):
        opened.deliver(Batch("events", [made(first)], str(first + 1)))
    opened.deliver(Batch("events", [], forget_position=True))
    fill(opened, first, last)


def test_the_first_to_ask_is_the_owner(of_one: Writer, data_dir: Path) -> None:
    assert of_one.claim("cluster", "another") == "one"
    of_one.close()
    assert owner(data_dir) == "one"


def test_a_file_begun_while_running_has_the_same_owner(of_one: Writer, data_dir: Path) -> None:
    database_path(data_dir, "default").unlink()
    until(lambda: any("salvaged" in notice for notice in of_one.status().notices))
    listed_again(of_one, 100, 200)
    of_one.close()
    assert owner(data_dir) == "one"


def test_a_file_of_another_cluster_is_not_written_to(of_one: Writer, data_dir: Path, tmp_path: Path) -> None:
    path = database_path(data_dir, "default")
    assert owner(tmp_path / "other") == "another"
    foreign = database_path(tmp_path / "other", "default")
    right = tmp_path / "right.db"
    shutil.copy(foreign, tmp_path / "foreign.db")
    put_in_place(tmp_path / "foreign.db", path)
    until(lambda: not of_one.status().writable)
    error = of_one.status().error
    assert error == f"{path} is of another cluster (another, this one is one)"
    of_one.deliver(Batch("events", [made(number) for number in range(100, 200)], "201"))
    with pytest.raises(StoreError, match="of another cluster"):
        of_one.call(lambda connection: None)
    assert stored_uids(data_dir) == set()
    assert not of_one.flush(0.3)
    right.touch()
    put_in_place(right, path)  # an empty file is one to begin
    until(lambda: of_one.status().writable)
    assert of_one.flush() and len(stored_uids(data_dir)) == 100
    assert of_one.position("events") is None, "until the cluster is listed again"
    of_one.close()
    assert owner(data_dir) == "one"


def test_nothing_has_to_happen_until_the_right_file_is_seen(
    of_one: Writer, data_dir: Path, tmp_path: Path
) -> None:
    path = database_path(data_dir, "default")
    owner(tmp_path / "other")
    put_in_place(database_path(tmp_path / "other", "default"), path)
    until(lambda: not of_one.status().writable)
    path.unlink()
    until(lambda: of_one.status().writable)
    assert of_one.call(lambda connection: connection.execute("SELECT count(*) FROM meta").fetchone())
