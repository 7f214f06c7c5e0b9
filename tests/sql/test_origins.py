"""Which columns of an answer are columns of the events."""

from __future__ import annotations

import pytest

from eventcenter.sql.origins import origins


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ('SELECT "event_id.reason" AS r, count(*) AS c, hostname FROM log', {"r": "reason", "hostname": "hostname"}),
        ("SELECT event_id.involvedObject.namespace AS n, ns", {"n": "namespace", "ns": "namespace"}),
        ("SELECT upper(level) AS level, 'x' AS reason", {}),
        ("SELECT level FROM (SELECT 'x' AS level)", {}),
        ("SELECT level UNION SELECT reason", {}),
        ("SELECT FROM WHERE", {}),
    ],
)  # fmt: skip
def test_origins(sql: str, found: dict[str, str]) -> None:
    assert origins(sql) == found
