from __future__ import annotations

from tests.sinks.http_faults import Case

CASE = Case(lambda url: f"cloudevents:{url}/ns/broker?bearer_token=bearer-secret-1&key=url-secret-1")
