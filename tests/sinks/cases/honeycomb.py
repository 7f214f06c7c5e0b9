from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer, Request


def accepted(request: Request) -> Answer:
    return Answer(200, [{"status": 202} for _ in request.json])


CASE = Case(
    lambda url: f"honeycomb:?dataset=events&writekey=wk-secret-1234&apihost={url}",
    good=accepted,
    reads_answer=True,
)
