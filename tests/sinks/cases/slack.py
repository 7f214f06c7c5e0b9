from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer

CASE = Case(
    lambda url: f"slack:{url}/api?token=xoxb-t0ken-secret&channel=C0123",
    good=Answer(200, {"ok": True, "ts": "1.2"}),
    reads_answer=True,
)
