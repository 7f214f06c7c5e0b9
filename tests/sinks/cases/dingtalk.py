from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer

CASE = Case(
    lambda url: f"dingtalk:{url}/robot/send?access_token=t0ken-secret&sign=SEC-s1gn&msg_type=markdown",
    good=Answer(200, {"errcode": 0, "errmsg": "ok"}),
    reads_answer=True,
)
