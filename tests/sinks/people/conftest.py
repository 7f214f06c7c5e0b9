from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sinks.messages import Messenger
from sinks.reading import Written
from tests.sinks.people.made import messenger
from tests.sinks.servers.faulty import FaultyServer


@pytest.fixture
def service() -> Iterator[FaultyServer]:
    """A hosted service that says yes."""
    with FaultyServer() as server:
        yield server


@pytest.fixture
def opened() -> Iterator[Callable[[Written], Messenger]]:
    """Opens sinks, and closes them after the test."""
    messengers: list[Messenger] = []

    def opened_one(written: Written) -> Messenger:
        messengers.append(messenger(written))
        return messengers[-1]

    yield opened_one
    for one in messengers:
        one.close()
