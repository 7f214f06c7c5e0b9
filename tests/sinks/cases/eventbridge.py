from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer, Request


def accepted(request: Request) -> Answer:
    entries = [{"eventId": event["id"], "traceId": "t"} for event in request.json]
    return Answer(200, {"requestId": "r", "failedEntryCount": 0, "entryList": entries})


CASE = Case(
    lambda url: f"eventbridge:{url}?clusterId=c1&accessKeyId=ak-id-secret&accessKeySecret=ak-secret-12345",
    good=accepted,
    reads_answer=True,
)
