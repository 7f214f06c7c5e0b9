"""Databases to care for, commands in this process, and a check that every thread has ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from eventcenter.cli import run_command
from eventcenter.model import Batch, Change, ChangeType, Event
from eventcenter.store import Writer, open_writer
from tests.care.center import cluster, start

__all__ = ["cluster", "start"]

NOON = 1_795_435_200_000  # 2026-11-23T12:00:00Z


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before, "a thread is still running"


@dataclass
class Answer:
    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    """`eventcenter …` away from the settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith(("EVENTCENTER_", "KUBE", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Answer:
        capfd.readouterr()
        code = run_command([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Answer(code, out, err)

    return run


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def uid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def made(number: int, version: int = 0, **fields: Any) -> Change:
    """The `number`-th event, a second after the one before."""
    count = fields.pop("count", 1)
    time = fields.pop("last_time", NOON - 3_600_000 + number * 1000)
    first = fields.pop("first_time", time)
    given: dict[str, Any] = {
        "uid": uid(number),
        "level": "Warning" if number % 3 == 0 else "Normal",
        "reason": f"Reason{number % 7}",
        "kind": "Pod",
        "namespace": f"team-{number % 5}",
        "name": f"web-{number}",
        "message": f"message number {number} of the test",
    }
    event = Event(count=count, first_time=first, last_time=time, **(given | fields))
    raw = {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {
            "name": f"{event.name}.1",
            "uid": event.uid,
            "resourceVersion": str(version or number + 1),
        },
        "involvedObject": {"kind": event.kind, "namespace": event.namespace, "name": event.name},
        "reason": event.reason,
        "type": event.level,
        "message": event.message,
        "count": count,
        "firstTimestamp": _stamp(first),
        "lastTimestamp": _stamp(time),
        "note-of-the-test": {"kept": [number, None, "ä"]},
    }
    kind = ChangeType.MODIFIED if version else ChangeType.ADDED
    return Change(kind, event, str(version or number + 1), raw)


def _stamp(time: int) -> str:
    from eventcenter.shapes import rfc3339

    return rfc3339(time)


def fill(writer: Writer, first: int, last: int, stream: str = "events") -> None:
    for begin in range(first, last, 500):
        numbers = range(begin, min(begin + 500, last))
        writer.deliver(Batch(stream, [made(number) for number in numbers], str(numbers[-1] + 1)))
    assert writer.flush(60)


@pytest.fixture
def writer(data_dir: Path) -> Iterator[Writer]:
    opened = open_writer(data_dir, "default", clock=lambda: NOON)
    yield opened
    opened.close()


@pytest.fixture
def filled(data_dir: Path) -> Path:
    """The data directory of a center that stored 2000 events and ended."""
    opened = open_writer(data_dir, "default", clock=lambda: NOON)
    fill(opened, 0, 2000)
    opened.close()
    return data_dir
