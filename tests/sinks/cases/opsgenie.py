from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer

CASE = Case(
    lambda url: f"opsgenie:{url}?api_key=0psgenie-secret",
    good=Answer(202, {"result": "Request will be processed"}),
)
