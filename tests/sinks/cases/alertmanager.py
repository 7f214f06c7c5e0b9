from __future__ import annotations

from tests.sinks.http_faults import Case

CASE = Case(lambda url: f"alertmanager:{url}?user=u&password=pass-secret")
