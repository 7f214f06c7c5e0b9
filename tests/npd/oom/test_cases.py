"""The OOM cases of the sample collection: which Pod, which container, whose limit, which processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npd.model import Event
from npd.oom import OomKill, OomWatcher

_FILE = Path(__file__).parents[1] / "data/npd_cases.json"
CASES = [case for case in json.loads(_FILE.read_text())["cases"] if case["area"] == "oom-pod"]


def _seen(lines: list[str]) -> tuple[list[OomKill], list[Event]]:
    kills: list[OomKill] = []
    watcher = OomWatcher(tell=kills.append)
    events = [event for at, line in enumerate(lines) for event in watcher.feed(line.strip(), 1000.0 + at)]
    return kills, events + watcher.flush()


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_sample_gives_its_incidents(case: dict[str, Any]) -> None:
    kills, events = _seen(case["input"]["lines"])

    assert len(kills) == len(case["expected"])
    for kill, expected in zip(kills, case["expected"], strict=True):
        pod = kill.pod
        assert (pod.uid if pod else None) == expected["pod_uid"]
        assert (pod.container_id or None if pod else None) == expected["container_id"]
        assert (kill.scope, kill.limit_hit, kill.pids) == (
            expected["scope"],
            expected["limit_hit"],
            expected["victim_pids"],
        )
    about_pods = [event for event in events if event.pod is not None]
    expected_pods = [expected for expected in case["expected"] if expected["involved_kind"] == "Pod"]
    assert [event.pod.uid for event in about_pods if event.pod] == [e["pod_uid"] for e in expected_pods]
    for event, expected in zip(about_pods, expected_pods, strict=True):
        assert (event.severity, event.reason) == ("Warning", "ContainerOOMKilled")
        assert expected["message_substring"] in event.message
    assert [event.reason for event in events if event.pod is None] == ["OOMKilling"] * len(kills)
