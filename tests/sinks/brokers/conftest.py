from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.sinks.servers.kafka import KafkaServer
from tests.sinks.servers.mosquitto import Mosquitto
from tests.sinks.servers.moto import Moto
from tests.sinks.servers.nats import NatsServer
from tests.sinks.servers.process import Missing, Server
from tests.sinks.servers.redis import RedisServer
from tests.sinks.servers.rsyslog import Rsyslog

S = TypeVar("S", bound=Server)


def made(kind: type[S], directory: Path) -> S:
    try:
        return kind(directory)
    except Missing as missing:
        pytest.skip(str(missing))


def running(kind: type[S], directory: Path) -> Iterator[S]:
    server = made(kind, directory)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    yield from running(RedisServer, tmp_path / "redis")


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    yield from running(NatsServer, tmp_path / "nats")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    yield from running(Mosquitto, tmp_path / "mosquitto")


@pytest.fixture
def rsyslog(tmp_path: Path) -> Iterator[Rsyslog]:
    yield from running(Rsyslog, tmp_path / "rsyslog")


@pytest.fixture
def moto(tmp_path: Path) -> Iterator[Moto]:
    yield from running(Moto, tmp_path / "moto")


@pytest.fixture
def kafka(tmp_path: Path) -> Iterator[KafkaServer]:
    server = made(KafkaServer, tmp_path / "kafka")
    server.start_with_store()
    yield server
    server.stop_with_store()


@pytest.fixture
def kills() -> Callable[[Server], Callable[[], None]]:
    """`kill -9`, and the same server again."""

    def of(server: Server) -> Callable[[], None]:
        def disturb() -> None:
            server.kill()
            server.start()

        return disturb

    return of
