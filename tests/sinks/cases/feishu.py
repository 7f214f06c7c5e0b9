from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer

CASE = Case(
    lambda url: f"feishu:{url}/open-apis/bot/v2/hook/0123456789-t0ken-secret?sign=SEC-s1gn",
    good=Answer(200, {"code": 0, "msg": "success"}),
    reads_answer=True,
)
