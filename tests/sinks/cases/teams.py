from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer

CASE = Case(
    lambda url: f"teams:{url}/workflows/0123456789abcdef-secret/invoke?sig=s1gnature-secret", good=Answer(202)
)
