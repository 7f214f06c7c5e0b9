"""The destinations that `bench.sinks` knows, one line each: a server of `tests.sinks.servers` and what it is asked."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """A destination that can be asked what it has. `tests.sinks.servers.process.Store` is one."""

    def start(self) -> None: ...

    def kill(self) -> None:
        """As by `kill -9`; `start` brings it back with what it has on its disk."""

    def stop(self) -> None: ...

    def address(self, table: str) -> str:
        """Of a sink that writes there."""

    def rows(self, table: str) -> list[tuple[str, str]]:
        """(uid, message) of every event that is there, as often as it is there."""


@dataclass(frozen=True, slots=True)
class Destination:
    name: str
    module: str
    """Of `tests.sinks.servers`."""
    server: str
    """The class in it, made with a directory of its own; `Missing` where it is not installed."""
    options: str = ""
    """More of the address."""
    dies: bool = True
    """Whether it is a process that can be killed."""

    def make(self, directory: Path) -> Place:
        module = importlib.import_module(f"tests.sinks.servers.{self.module}")
        made: Callable[[Path], Place] = getattr(module, self.server)
        return made(directory)


DESTINATIONS = (
    Destination("MariaDB", "mariadb", "MariaDb"),
    Destination("PostgreSQL", "postgres", "Postgres"),
    Destination(
        "InfluxDB 1", "influx", "Influx", options="&uid=field"
    ),  # it takes 100 000 values of a tag at most
    Destination("ClickHouse (chDB)", "chdb_engine", "Chdb", dies=False),
)
