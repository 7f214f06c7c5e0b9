from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer, Request


def accepted(request: Request) -> Answer:
    return Answer(200, {"results": [{"statement_id": 0}]}) if request.path == "/query" else Answer(204, b"")


CASE = Case(
    lambda url: f"influxdb:{url}/?user=writer&pw=geheim-1234",
    good=accepted,
    counts=lambda request: request.path == "/write",
)
