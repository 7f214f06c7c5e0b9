"""Alerts in memory: one that fires, one that waits, one that is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from eventcenter.alerted import AlertRecord, JudgeStatus

NOW = 1_795_413_600_000
MINUTE = 60_000


PENDING: dict[str, Any] = {"state": "pending", "fired": None}


def record(number: int, **given: Any) -> AlertRecord:
    fields: dict[str, Any] = {
        "id": number,
        "rule": "pod-crash-loop",
        "labels": {"instance": "default", "namespace": "shop", "workload": "checkout"},
        "severity": "high",
        "state": "firing",
        "since": NOW - number * 10 * MINUTE,
        "fired": NOW - number * 10 * MINUTE,
        "resolved": None,
        "newest": NOW - MINUTE,
        "occurrences": 37,
        "names": {"checkout-6f7d9cb58-x29p4": 30, "checkout-6f7d9cb58-b7kzq": 7},
        "message": "Back-off restarting failed container <script>alert(1)</script>",
        "seq": 7,
        "why": "",
    }
    return AlertRecord(**fields | given)


@dataclass
class FakeAlerts:
    open: list[AlertRecord] = field(
        default_factory=lambda: [
            record(1),
            record(
                2,
                severity="critical",
                rule="node-not-ready",
                labels={"node": "n" * 200},
                state="pending",
                fired=None,
            ),
        ]
    )
    over: list[AlertRecord] = field(
        default_factory=lambda: [record(3, state="resolved", resolved=NOW - 5 * MINUTE, why="NodeReady")]
    )
    error: str | None = None

    def active(self) -> list[AlertRecord]:
        return list(self.open)

    def history(self, since: int, until: int, limit: int) -> list[AlertRecord]:
        return [alert for alert in self.over if since <= (alert.resolved or 0) < until][:limit]

    def rules(self) -> list[dict[str, Any]]:
        shown = {
            "severity": "high",
            "quiet": "30m",
            "enabled": True,
            "title": {"en": "Crash loop", "zh": "崩溃循环"},
        }
        return [
            {"name": "pod-crash-loop", "count": 3, "within": "10m", "group_by": ["workload"], **shown},
            {"name": "no-events", "absent_for": "30m", **shown},
        ]

    def titles(self, language: str) -> dict[str, str]:
        return {"pod-crash-loop": "崩溃循环" if language == "zh" else "Crash loop"}

    def status(self) -> JudgeStatus:
        return JudgeStatus(rules=2, lag=5, error=self.error)
