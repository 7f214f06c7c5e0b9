"""Real database servers, started once for all tests; every test has a table or database of its own."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sinks.delivery import Sender
from tests.sinks.made import sender
from tests.sinks.servers.chdb_engine import Chdb
from tests.sinks.servers.influx import Influx
from tests.sinks.servers.mariadb import MariaDb
from tests.sinks.servers.postgres import Postgres
from tests.sinks.servers.process import Missing, Store

_numbers = itertools.count(1)


@pytest.fixture
def table() -> str:
    return f"events_{next(_numbers)}"


def _serving(make: Callable[[Path], Store]) -> Iterator[Store]:
    directory = Path(
        tempfile.mkdtemp(prefix="eventcenter-")
    )  # not pytest's: servers that are not root cannot enter it
    try:
        server = make(directory)
        server.start()
    except Missing as missing:
        shutil.rmtree(directory)
        pytest.skip(str(missing))
    yield server
    server.kill()
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Store]:
    yield from _serving(MariaDb)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Store]:
    yield from _serving(Postgres)


@pytest.fixture(scope="session")
def influx() -> Iterator[Store]:
    yield from _serving(Influx)


@pytest.fixture
def chdb() -> Iterator[Chdb]:
    try:
        engine = Chdb(_chdb_directory())
    except Missing as missing:
        pytest.skip(str(missing))
    engine.start()
    yield engine
    engine.stop()


_directories: list[Path] = []


def _chdb_directory() -> Path:
    if not _directories:
        _directories.append(Path(tempfile.mkdtemp(prefix="eventcenter-chdb-")))
    return _directories[0]


@pytest.fixture(scope="session", autouse=True)
def _clean() -> Iterator[None]:
    yield
    for directory in _directories:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Any:
    """The server that a test is parametrized with, running."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def open_sender() -> Iterator[Callable[..., Sender]]:
    opened: list[Sender] = []

    def opening(uri: str, **options: Any) -> Sender:
        made = sender({"uri": uri, "timeout": "10s"} | options)
        opened.append(made)
        return made

    yield opening
    for one in opened:
        one.close()
