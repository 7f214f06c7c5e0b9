"""InfluxDB 1."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from tests.sinks.servers.process import Store, binary, free_port


class Influx(Store):
    def prepare(self) -> None:
        self._server = binary("influxd")
        self.backup_port = free_port()
        self.write_config()

    def write_config(self, **data: Any) -> None:
        """With more settings of `[data]`."""
        more = "\n".join(f"  {name} = {json.dumps(value)}" for name, value in data.items())
        (self.directory / "config").write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{self.backup_port}"\n'
            f'[meta]\n  dir = "{self.directory}/meta"\n'
            f'[data]\n  dir = "{self.directory}/data"\n  wal-dir = "{self.directory}/wal"\n{more}\n'
            f'[http]\n  bind-address = "127.0.0.1:{self.port}"\n  log-enabled = false\n'
        )

    def command(self) -> list[str]:
        return [self._server, "-config", str(self.directory / "config")]

    def answers(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=5) as response:
            return bool(response.status == 204)

    def address(self, table: str) -> str:
        return f"influxdb:http://127.0.0.1:{self.port}/?db={table}"

    def rows(self, table: str) -> list[tuple[str, str]]:
        series = self.query('SELECT value FROM "log/events"', table)
        objects = [json.loads(value) for one in series for _, value in one["values"]]
        return [(found["metadata"]["uid"], found.get("message", "")) for found in objects]

    def query(self, statement: str, database: str = "k8s") -> list[dict[str, Any]]:
        """The series of the first result: name, tags, columns, values."""
        asked = urllib.parse.urlencode({"q": statement, "db": database, "epoch": "ns"}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/query", asked, timeout=60) as response:
            (result,) = json.load(response)["results"]
        if "error" in result:
            raise RuntimeError(result["error"])
        return list(result.get("series", []))
