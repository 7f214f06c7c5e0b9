"""A center's sinks over a real store, with destinations that do what a test tells them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from eventcenter.center import RunningCenter
from eventcenter.forwarded import SinkStatus
from eventcenter.model import Batch
from eventcenter.settings import Settings
from sinks import kinds, patience
from sinks.delivery import Item
from sinks.kind import Kind, Option, Url, duration, number
from sinks.page_file import PageFile
from sinks.running import Sinks
from sinks.settings import SinkSettings, Surroundings
from tests.care.conftest import made


class Place:
    """A destination in memory. `answer` is asked before anything is taken and may raise or block."""

    def __init__(self) -> None:
        self.taken: list[Item] = []
        self.batches: list[int] = []
        self.answer: Callable[[Sequence[Item]], None] = lambda items: None
        self._news = threading.Condition()

    def send(self, items: Sequence[Item]) -> None:
        self.answer(items)
        with self._news:
            self.taken += items
            self.batches.append(len(items))
            self._news.notify_all()

    def close(self) -> None: ...

    def has(self, names: Sequence[str], timeout: float = 10.0) -> None:
        """Wait until exactly these have been taken, in this order."""
        with self._news:
            self._news.wait_for(lambda: len(self.names) >= len(names), timeout)
            assert self.names == list(names)

    @property
    def names(self) -> list[str]:
        return [item.event.name for item in self.taken]


class Forwarding:
    """A center with one sink of the kind `place` for each Place; `restart` keeps the directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.places: dict[str, Place] = {}
        self.count = 0
        self.open()

    def open(self) -> None:
        self.center = RunningCenter(Settings(data_dir=self.directory), "default")
        self.sinks = Sinks(
            self.center.reader,
            self.center.deliveries,
            self.center.now,
            Surroundings(),
            PageFile(self.directory),
        )

    def to(self, *uris: str) -> None:
        self.sinks.follow(uris)

    def put(self, count: int = 1, **fields: Any) -> list[str]:
        numbers = range(self.count, self.count + count)
        self.count += count
        changes = [made(number, **fields) for number in numbers]
        self.center.writer.deliver(Batch("events", changes))
        assert self.center.writer.flush(20)
        return [change.event.name for change in changes]

    def status(self, name: str = "a") -> SinkStatus:
        return next(status for status in self.sinks.statuses() if status.name == name)

    def when(self, name: str, holds: Callable[[SinkStatus], bool], timeout: float = 10.0) -> SinkStatus:
        """The status of the sink once it is so."""
        waiting = threading.Event()
        for _ in range(round(timeout / 0.02)):
            if holds(status := self.status(name)):
                return status
            waiting.wait(0.02)
        raise AssertionError(f"still {self.status(name)}")

    def stop(self) -> None:
        self.sinks.stop()
        self.center.close()

    def restart(self, *uris: str) -> None:
        self.stop()
        self.open()
        self.to(*uris)


@pytest.fixture
def forwarding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwarding]:
    monkeypatch.setattr(patience, "FIRST_S", 0.01)
    monkeypatch.setattr(patience, "BROKEN_S", 0.01)
    monkeypatch.setattr(patience, "MOST_S", 0.05)
    monkeypatch.setattr(patience, "BROKEN_MOST_S", 0.05)
    opened = Forwarding(tmp_path / "data")

    def open_place(settings: SinkSettings) -> Place:
        return opened.places.setdefault(settings.url, Place())

    kind = Kind(
        name="place",
        summary="Memory.",
        example="place:a",
        options=(
            Option("batch", "how many at once", number(1, 10_000), 100),
            Option("linger", "how long to gather", duration),
        ),
        open=open_place,
        url=Url.REQUIRED,
        batch=100,
    )
    real = kinds.kind_of
    for module in ("sinks.reading.kind_of", "sinks.kinds.kind_of"):
        monkeypatch.setattr(module, lambda name: kind if name == "place" else real(name))
    yield opened
    opened.stop()
