from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sinks.delivery import Sender
from sinks.reading import Written
from tests.sinks import made
from tests.sinks.servers.faulty import FaultyServer

Open = Callable[..., Sender]


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer() as running:
        yield running


@pytest.fixture
def sender() -> Iterator[Open]:
    """Opens a sink as `made.sender` does, and closes it after the test."""
    opened: list[Sender] = []

    def open_one(written: Written, **given: Any) -> Sender:
        opened.append(made.sender(written, **given))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
