from __future__ import annotations

from tests.sinks.http_faults import Case

CASE = Case(
    lambda url: (
        f"webhook:{url}/services/T000/B000/path-secret?key=url-secret-1&method=POST"
        "&header=X-Token=header-secret-1&hmac_secret=hmac-secret-1&bearer_token=bearer-secret-1"
    )
)
