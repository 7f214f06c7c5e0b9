"""ClickHouse's engine in this process (chDB) in place of the server that clickhouse-connect would speak to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import clickhouse_connect

from tests.sinks.servers.process import Missing

_get_client = clickhouse_connect.get_client


class Chdb:
    """`client` stands for clickhouse_connect.get_client: the same client, with the engine behind it. There is one
    engine a process, so all are of the same directory."""

    def __init__(self, directory: Path) -> None:
        try:
            import chdb  # noqa: F401
        except ImportError:
            raise Missing("chDB is not installed here") from None
        self._directory = directory

    def client(self, **arguments: Any) -> Any:
        return _get_client(interface="chdb", path=str(self._directory))

    def address(self, table: str) -> str:
        return f"clickhouse:http://writer:geheim-1234@clickhouse.invalid:8123/default?table={table}"

    def rows(self, table: str) -> list[tuple[str, str]]:
        client = self.client()
        found = client.query(f"SELECT event_id, message FROM `{table}` FINAL").result_rows
        client.close()
        return [(uid, message) for uid, message in found]

    def start(self) -> None:
        """From now on every client of this process speaks to it."""
        clickhouse_connect.get_client = self.client

    def stop(self) -> None:
        clickhouse_connect.get_client = _get_client

    def kill(self) -> None:
        raise NotImplementedError("it ends with this process")
