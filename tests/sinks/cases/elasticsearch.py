from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer, Request


def accepted(request: Request) -> Answer:
    if request.path == "/":
        return Answer(200, {"version": {"number": "8.15.0"}})
    if not request.path.endswith("/_bulk"):
        return Answer(200, {"acknowledged": True})
    count = request.body.count(b"\n") // 2
    return Answer(200, {"errors": False, "items": [{"create": {"status": 201}}] * count})


CASE = Case(
    lambda url: f"elasticsearch:{url}?esUserName=writer&esUserSecret=geheim-1234",
    good=accepted,
    counts=lambda request: request.path.endswith("/_bulk"),
    reads_answer=True,
)
