"""A file that refuses to be written: collecting waits, says so, goes on by itself, and nothing is lost."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.errors import StoreError
from eventcenter.model import Batch
from eventcenter.store import writer as writer_module
from eventcenter.store.inbox import QUEUED_BATCHES
from tests.store.conftest import Store
from tests.store.made import EVERYTHING, added, batch, event


@pytest.fixture(autouse=True)
def quick_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "RETRY_S", 0.02)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "did not come"
        time.sleep(0.01)


def full(store: Store) -> None:
    """As a full disk: no page can be added."""
    pages = store.writer._connection.execute("PRAGMA page_count").fetchone()[0]
    store.writer._connection.execute(f"PRAGMA max_page_count = {pages}")


def room(store: Store) -> None:
    store.writer._connection.execute("PRAGMA max_page_count = 1000000000")


def test_a_full_disk_blocks_deliver_and_is_waited_out(store: Store) -> None:
    store.put(batch(added(event(0)), position="1"))
    full(store)
    delivered: list[int] = []

    def deliver() -> None:
        for n in range(1, 41):
            big = event(n, message=f"{n} " + "lorem ipsum " * 500)
            store.writer.deliver(batch(added(big), position=str(n + 1)))
            delivered.append(n)

    thread = threading.Thread(target=deliver)
    thread.start()
    wait_for(lambda: not store.writer.status().writable)
    wait_for(lambda: store.writer._inbox.full())
    status = store.writer.status()
    assert status.error is not None and "is full" in status.error and "\n" not in status.error
    assert status.queued > 0
    stuck, before = len(delivered), store.writer.position("events")
    assert stuck < 40
    assert store.reader.list_events(EVERYTHING).events  # reading goes on
    room(store)
    thread.join(20)
    assert store.writer.flush(20)
    assert store.writer.status().writable and store.writer.status().error is None
    assert len(store.reader.list_events(EVERYTHING).events) == 41
    assert (before, store.writer.position("events")) != (before, before)
    assert store.writer.position("events") == "41"


def stuck(store: Store, first: int) -> None:
    """More is delivered than there is room for; as many as the inbox takes."""
    for n in range(first, first + QUEUED_BATCHES):
        some = [event(100 * n + m, message=f"{m} " + "lorem ipsum " * 500) for m in range(20)]
        store.writer.deliver(batch(*(added(state) for state in some), position=str(n)))
    wait_for(lambda: not store.writer.status().writable)


def test_what_others_want_done_is_done_between_two_tries(store: Store) -> None:
    """Else retention could not make room, and would never end when the center is told to."""
    store.put(batch(*(added(event(n, message="x" * 5000)) for n in range(200)), position="1"))
    full(store)
    stuck(store, 2)
    assert store.writer.call(lambda c: c.execute("SELECT count(*) FROM event").fetchone()) == (200,)
    with pytest.raises(StoreError, match="is full"):
        store.writer.call(lambda c: c.execute("INSERT INTO dictionary VALUES (9, zeroblob(1000000))"))
    assert not store.writer.status().writable
    store.writer.call(lambda c: c.execute("DELETE FROM event"))  # makes room
    assert store.writer.flush(20)
    assert store.writer.status().writable
    assert len(store.reader.list_events(EVERYTHING).events) == 20 * QUEUED_BATCHES


def test_closing_answers_who_waits_while_a_batch_is_refused(store: Store) -> None:
    store.put(batch(added(event(0)), position="1"))
    full(store)
    stuck(store, 2)
    store.writer.close()
    with pytest.raises(StoreError, match="closed"):
        store.writer.call(lambda c: None)
    store.reader.close()
    store.open()
    assert store.writer.position("events") in ("1", "2", "3")


def test_closing_while_a_batch_is_refused_lets_no_later_one_pass_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two batches the first does not fit on the disk. The second would, but its position lies after the first."""
    store.put(batch(added(event(0)), position="1"))
    commit = store.writer._commit

    def no_room(batches: list[Batch]) -> None:
        if any(some.changes for some in batches):
            raise sqlite3.OperationalError("database or disk is full")
        commit(batches)

    monkeypatch.setattr(store.writer, "_commit", no_room)
    store.writer.deliver(batch(added(event(1)), position="2"))
    wait_for(lambda: not store.writer.status().writable)
    store.writer.deliver(batch(position="3"))
    store.writer.close()
    assert not store.writer.flush(0.1), "what was given up is not reported as committed"
    store.reader.close()
    store.open()
    assert store.writer.position("events") == "1"
    assert [found.uid for found in store.reader.list_events(EVERYTHING).events] == [event(0).uid]


def test_a_commit_that_fails_moves_neither_events_nor_position(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between the rows and the commit: everything of the transaction is tried again, once."""
    applier, tries = store.writer._applier, 0
    apply = applier.apply

    def fails_at_the_end(batches: list[Batch]) -> Any:
        nonlocal tries
        tries += 1
        applied = apply(batches)
        if tries <= 2:
            raise sqlite3.OperationalError("disk I/O error")
        return applied

    monkeypatch.setattr(applier, "apply", fails_at_the_end)
    fresh = [
        event(n, reason=f"New{n}", namespace=f"fresh-{n}", last_time=event().last_time - n * 10**8)
        for n in range(5)
    ]
    store.writer.deliver(batch(*(added(state) for state in fresh), position="5"))
    wait_for(lambda: tries > 0)
    assert store.writer.flush(20)
    assert tries == 3
    assert [found.seq for found in store.reader.list_events(EVERYTHING).events] == [1, 2, 3, 4, 5]
    assert {found.namespace for found in store.reader.list_events(EVERYTHING).events} == {
        f"fresh-{n}" for n in range(5)
    }
    assert store.writer.status().changes_written == 5


def test_a_damaged_file_drops_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage shows as an error that is not about one event: it is reported and waited out like a full disk."""
    apply = store.writer._applier.apply
    broken = threading.Event()
    broken.set()

    def damaged(batches: list[Batch]) -> Any:
        if broken.is_set():
            raise sqlite3.DatabaseError("database disk image is malformed")
        return apply(batches)

    monkeypatch.setattr(store.writer._applier, "apply", damaged)
    store.writer.deliver(batch(added(event(1)), position="1"))
    wait_for(lambda: "malformed" in (store.writer.status().error or ""))
    broken.clear()
    assert store.writer.flush(20)
    assert len(store.reader.list_events(EVERYTHING).events) == 1


def test_a_bug_on_one_event_stops_no_other(
    open_store: Callable[..., Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def classify(made: Any) -> str:
        if made.reason == "Bad":
            raise RuntimeError("a bug")
        return ""

    store = open_store(tmp_path, classify)
    store.put(batch(added(event(1)), added(event(2, reason="Bad")), added(event(3)), position="3"))
    assert {found.uid for found in store.reader.list_events(EVERYTHING).events} == {
        event(1).uid,
        event(3).uid,
    }
    assert store.writer.position("events") == "3"
    assert "cannot be stored" in caplog.text


def test_nothing_is_taken_after_closing(store: Store) -> None:
    store.writer.close()
    with pytest.raises(StoreError, match="closed"):
        store.writer.deliver(batch(added(event(1))))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of a few megabytes."""
    directory = tmp_path / "disk"
    directory.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(directory)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    yield directory
    subprocess.run(["umount", str(directory)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path, open_store: Callable[..., Any]) -> None:
    store = open_store(small_disk / "data")
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 65_536)
    for n in range(1, QUEUED_BATCHES + 1):  # more would wait for room here
        some = [event(n * 100 + m, message=f"{m} " + "lorem ipsum " * 1000) for m in range(20)]
        store.writer.deliver(batch(*(added(state) for state in some), position=str(n)))
    wait_for(lambda: not store.writer.status().writable)
    ballast.unlink()
    assert store.writer.flush(20)
    assert len(store.reader.list_events(EVERYTHING).events) == 20 * QUEUED_BATCHES
    assert store.writer.position("events") == str(QUEUED_BATCHES)
    store.close()
