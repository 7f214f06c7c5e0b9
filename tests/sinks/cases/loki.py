from __future__ import annotations

from tests.sinks.http_faults import Case
from tests.sinks.servers.faulty import Answer

CASE = Case(lambda url: f"loki:{url}?token=bearer-secret-1", good=Answer(204))
