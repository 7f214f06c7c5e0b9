from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer

CASE = Case(
    lambda url: f"pagerduty:{url}?routing_key=r0uting-secret",
    good=Answer(202, {"status": "success", "dedup_key": "k"}),
)
