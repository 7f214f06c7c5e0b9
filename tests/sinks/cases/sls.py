from __future__ import annotations

from tests.sinks.http_faults import Case

CASE = Case(
    lambda url: (
        f"sls:{url}?project=shop&logStore=events&accessKeyId=ak-id-secret&accessKeySecret=ak-secret-12345"
        "&securityToken=sts-token-secret"
    )
)
