"""The sample cases of a made-up /proc: what is told after one look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.npd.checks.looking import FakeHost, seen

_FILE = Path(__file__).parents[1] / "data/npd_cases.json"
CASES = [case for case in json.loads(_FILE.read_text())["cases"] if case["area"] == "proc-check"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_sample_gives_its_events_and_conditions(case: dict[str, Any], fake: FakeHost) -> None:
    fake.proc(case["input"]["files"])
    settings = dict(case["config"].get("inline", {"check": "conntrack"}))
    check = seen(settings.pop("check"), fake.host, **settings)

    check.look()

    found = [("event", e.severity.value, e.reason, None, e.message) for e in check.events]
    found += [
        ("condition", c.type, c.reason, c.status, c.message)
        for c in check.conditions.values()
        if c.status != "False"
    ]
    expected = case["expected"]
    assert [one[:4] for one in found] == [(e["kind"], e["type"], e["reason"], e["status"]) for e in expected]
    for one, wanted in zip(found, expected, strict=True):
        assert wanted["message_substring"] in one[4]
