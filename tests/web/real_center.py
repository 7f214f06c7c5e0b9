"""A center over a real store, served by the server of the product; events are put in by hand. Restarts keep the
directory."""

from __future__ import annotations

import http.client
import json
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from eventcenter.center import RunningCenter, system_clock
from eventcenter.consuming import Consumers
from eventcenter.model import Batch
from eventcenter.settings import Settings
from tests.care.conftest import made
from tests.web.conftest import Site
from web import create_app

HOUR = 3_600_000


class RealSite:
    def __init__(self, directory: Path, **settings: Any) -> None:
        self._settings = Settings(data_dir=directory, **settings)
        self.put_so_far = 0
        self.base = system_clock() // 1000 * 1000
        self.start()

    def start(self) -> None:
        self.center = RunningCenter(self._settings, "default")
        stopping = threading.Event()
        self.app = create_app(self.center, stopping=stopping)
        self.site = Site(self.app, stopping)
        self.port = int(self.site.url.rpartition(":")[2])

    def stop(self) -> None:
        self.site.stop()
        self.center.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self) -> RealSite:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def put(self, count: int, age: int = HOUR, **fields: Any) -> None:
        """So many more events in one commit, each a second after the one before, the first as old as `age` (ms)."""
        numbers = range(self.put_so_far, self.put_so_far + count)
        self.put_so_far += count
        changes = [made(number, last_time=self.time(number, age), **fields) for number in numbers]
        self.center.writer.deliver(Batch("events", changes))
        assert self.center.writer.flush(20)

    def time(self, number: int, age: int = HOUR) -> int:
        return self.base - age + number * 1000

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            connection.request(
                method, path, headers={key.replace("_", "-"): value for key, value in headers.items()}
            )
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if body else {}
        finally:
            connection.close()

    def site_consumers(self) -> Consumers:
        return cast(Consumers, self.app.extensions["eventcenter"].consumers)

    def changes(self, query: str) -> dict[str, Any]:
        status, body = self.ask(f"/api/v1/changes?{query}")
        assert status == 200, body
        return body

    def numbers(self, query: str) -> list[int]:
        return [change["seq"] for change in self.changes(query)["changes"]]
