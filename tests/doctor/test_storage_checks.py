"""The data directory and the running center, as the doctor sees them."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from eventcenter.doctor.center import check_center
from eventcenter.doctor.storage import check_storage
from eventcenter.model import Batch, Change, ChangeType, Event
from eventcenter.settings import Settings
from eventcenter.settingtypes import Address
from eventcenter.store import database_path, inspection, open_writer
from eventcenter.store.schema import MIGRATIONS
from tests.doctor.conftest import NOON, by_check
from tests.doctor.scripted import Cluster, serving


def filled(data_dir: Path, *, count: int = 1) -> None:
    writer = open_writer(data_dir, "default", clock=lambda: NOON)
    events = [
        Event(uid=f"u{n}", level="Normal", message="m" * 2000, first_time=NOON, last_time=NOON)
        for n in range(count)
    ]
    changes = [Change(ChangeType.ADDED, event, str(n), {}) for n, event in enumerate(events, start=1)]
    writer.deliver(Batch("events", changes, "9"))
    assert writer.flush(10)
    writer.close()


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def test_a_directory_that_is_not_there_yet(plain: Settings) -> None:
    found = by_check(check_storage(plain, lambda: NOON))
    assert "will be made" in found["data directory"][0].message
    assert found["database"][0].status == "warn"
    assert not plain.data_dir.exists()


def test_a_sound_store(plain: Settings) -> None:
    filled(plain.data_dir)
    found = by_check(check_storage(plain, lambda: NOON + 120_000))
    assert {finding.status for group in found.values() for finding in group} == {"ok"}
    assert found["database"][0].message.endswith("sound")
    assert "1 changes; the newest event is of 2 min ago" in found["stored"][0].message
    assert "events: last moved 2 min ago (stopped" in found["position"][0].message
    assert "no center is running" in found["process"][0].message


def test_nothing_in_the_directory_changes(plain: Settings) -> None:
    filled(plain.data_dir)
    before = {path: path.stat().st_mtime_ns for path in plain.data_dir.rglob("*") if path.is_file()}
    list(check_storage(plain, lambda: NOON))
    after = {path: path.stat().st_mtime_ns for path in before}
    assert after == before


def test_a_running_center_is_told_and_no_fault(plain: Settings) -> None:
    filled(plain.data_dir)
    writer = open_writer(plain.data_dir, "default", clock=lambda: NOON)
    try:
        found = by_check(check_storage(plain, lambda: NOON))
    finally:
        writer.close()
    assert f"process {os.getpid()}" in found["process"][0].message
    assert "fail" not in {finding.status for group in found.values() for finding in group}


def test_a_newer_schema(plain: Settings) -> None:
    filled(plain.data_dir)
    connection = sqlite3.connect(database_path(plain.data_dir, "default"))
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 5}")
    connection.close()
    (finding,) = by_check(check_storage(plain, lambda: NOON))["database"]
    assert finding.status == "fail"
    assert "newer" in finding.remedy


def test_a_damaged_file(plain: Settings) -> None:
    filled(plain.data_dir, count=200)
    path = database_path(plain.data_dir, "default")
    with open(path, "r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * (path.stat().st_size // 4))
    (finding,) = by_check(check_storage(plain, lambda: NOON))["database"]
    assert finding.status == "fail"
    assert len(finding.message.splitlines()) == 1
    assert finding.remedy


def test_no_database_at_all_in_the_file(plain: Settings) -> None:
    path = database_path(plain.data_dir, "default")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database, however long one looks at it" * 100)
    (finding,) = by_check(check_storage(plain, lambda: NOON))["database"]
    assert finding.status == "fail"


def test_the_quick_check_keeps_to_its_time(plain: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(plain.data_dir, count=2000)
    monkeypatch.setattr(inspection, "_STEPS_BETWEEN_LOOKS", 1)
    found = inspection.inspect(plain.data_dir, "default", seconds=-1)
    assert (found.complete, found.faults) == (False, [])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_as_a_user(plain: Settings) -> None:
    plain.data_dir.mkdir()
    plain.data_dir.chmod(0o500)
    found = by_check(check_storage(plain, lambda: NOON))
    assert found["data directory"][0].status == "fail"


def test_a_directory_that_cannot_be_written() -> None:
    found = by_check(check_storage(Settings(data_dir=Path("/proc/eventcenter")), lambda: NOON))
    (finding,) = found["data directory"]
    assert finding.status == "fail"
    assert "--data-dir" in finding.remedy


@pytest.mark.parametrize(
    ("free", "status"), [(50 * 1024**2, "fail"), (500 * 1024**2, "warn"), (5 * 1024**3, "ok")]
)
def test_free_space(plain: Settings, monkeypatch: pytest.MonkeyPatch, free: int, status: str) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 0, free))
    (finding,) = by_check(check_storage(plain, lambda: NOON))["disk"]
    assert finding.status == status


def asked(address: str, *, locked: bool = False) -> tuple[str, str]:
    host, port = address.removeprefix("http://").split(":")
    (finding,) = check_center(Address(host, int(port)), locked=locked)
    return finding.status, finding.message


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        ((200, {"status": "ready"}), "ok", "is ready"),
        ((503, {"reasons": ["events: listing"]}), "fail", "events: listing"),
        ((404, b"nginx"), "fail", "that is no event center"),
    ],
)
def test_what_answers_where_the_center_listens(
    answer: tuple[int, object], status: str, told: str, cluster: Cluster
) -> None:
    cluster.routes["/readyz"] = lambda request: answer
    with serving(cluster) as address:
        found = asked(address)
        everywhere = asked(address.replace("127.0.0.1", "0.0.0.0"))
    assert found[0] == everywhere[0] == status
    assert told in found[1]


def test_no_center_is_no_fault_unless_one_holds_the_directory() -> None:
    assert asked("http://127.0.0.1:1")[0] == "ok"
    status, message = asked("http://127.0.0.1:1", locked=True)
    assert status == "warn"
    assert "Connection refused" in message
