from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer, Request


def accepted(request: Request) -> Answer:
    token = {"access_token": "t0ken-secret", "expires_in": 7200} if request.path.endswith("gettoken") else {}
    return Answer(200, {"errcode": 0, "errmsg": "ok", **token})


CASE = Case(
    lambda url: f"wechat:{url}?corp_id=c&corp_secret=c0rp-secret&agent_id=1",
    good=accepted,
    counts=lambda request: request.path.endswith("/message/send"),
    reads_answer=True,
)
