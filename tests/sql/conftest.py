"""One store for all tests of queries: they only read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eventcenter.model import Answer, Batch, ChangeType, Question
from eventcenter.normalize import normalize
from eventcenter.store import Reader, open_reader, open_writer
from tests.sql.made import END, START, flat, objects

Ask = Callable[..., Answer]


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("queries")
    writer = open_writer(directory, "default", clock=lambda: END * 1000)
    changes = [normalize(ChangeType.ADDED, raw, received=END * 1000) for raw in objects()]
    writer.deliver(Batch("events", changes))
    assert writer.flush(60)
    writer.close()
    return directory


@pytest.fixture(scope="session")
def reader(data_dir: Path) -> Iterator[Reader]:
    opened = open_reader(data_dir, "default")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def ask(reader: Reader) -> Ask:
    """Asks over the afternoon, unless another range (seconds) is given; `None` is open."""

    def asked(
        text: str, start: int | None = START, end: int | None = END, limit: int | None = None
    ) -> Answer:
        times = [None if time is None else time * 1000 for time in (start, end)]
        return reader.answer(
            Question(text=text, now=END * 1000, from_time=times[0], to_time=times[1], limit=limit)
        )

    return asked


@pytest.fixture(scope="session")
def value(ask: Ask) -> Callable[[str], Any]:
    """The one value that an expression has."""

    def valued(expression: str) -> Any:
        answer = ask(f"* | SELECT {expression} AS x")
        assert answer.columns == ["x"]
        ((found,),) = answer.rows
        return found

    return valued


@pytest.fixture(scope="session")
def events() -> list[dict[str, Any]]:
    """What the afternoon's queries should find, newest first."""
    afternoon = [event for event in map(flat, objects()) if START <= event["time"] < END]
    return sorted(afternoon, key=lambda event: -event["time"])


@pytest.fixture(scope="session")
def yesterday() -> list[dict[str, Any]]:
    return [event for event in map(flat, objects()) if event["time"] < START]
