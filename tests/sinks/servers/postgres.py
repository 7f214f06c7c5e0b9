"""PostgreSQL."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import psycopg

from tests.sinks.servers.process import Missing, Store

PASSWORD = "geheim+1"


class Postgres(Store):
    user = "nobody"

    def prepare(self) -> None:
        self._tools = _tools()
        self.data = self.directory / "data"
        secret = self.directory / "password"
        secret.write_text(PASSWORD)
        self.run(
            [
                str(self._tools / "initdb"),
                f"--pgdata={self.data}",
                "--username=writer",
                f"--pwfile={secret}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ]
        )

    def command(self) -> list[str]:
        return [
            str(self._tools / "postgres"),
            "-D",
            str(self.data),
            "-p",
            str(self.port),
            "-h",
            "127.0.0.1",
            "-k",
            "",
        ]

    def answers(self) -> bool:
        try:
            self.query("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    @property
    def uri(self) -> str:
        return f"postgresql://writer:{PASSWORD}@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def address(self, table: str) -> str:
        return f"{self.uri}&table={table}"

    def rows(self, table: str) -> list[tuple[str, str]]:
        return [(uid, message) for uid, message in self.query(f'SELECT event_id, message FROM "{table}"')]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.uri, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


def _tools() -> Path:
    """Where initdb is: Debian keeps it out of the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (path / "initdb").exists():
            return path
    raise Missing("PostgreSQL is not installed here")
