from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer

CASE = Case(
    lambda url: f"otlp:{url}?header=Authorization=Api-Token%20header-secret-1",
    good=Answer(200, {"partialSuccess": {}}),
    reads_answer=True,
)
