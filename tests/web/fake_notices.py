"""Routes, silences and a log of notifications in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from eventcenter.alerted import AlertRecord, LogEntry, Outcome, RouteMatch, Silence
from eventcenter.alerts.matching import exactly, parse_matchers
from eventcenter.errors import NotFoundError, QuerySyntaxError
from tests.web.fake_alerts import MINUTE, NOW


def entry(number: int, **given: Any) -> LogEntry:
    fields: dict[str, Any] = {
        "id": number,
        "time": NOW - number * MINUTE,
        "outcome": Outcome.SENT,
        "receivers": ("oncall",),
        "labels": {"namespace": "shop"},
        "reason": "first",
        "rules": ("pod-crash-loop",),
        "firing": 2,
        "next": NOW + 59 * MINUTE,
        "delivered": NOW - MINUTE,
    }
    return LogEntry(**fields | given)


def silence(**given: Any) -> Silence:
    fields: dict[str, Any] = {
        "id": 1,
        "matchers": ('namespace="<script>alert(1)</script>"',),
        "starts": NOW - MINUTE,
        "ends": NOW + 60 * MINUTE,
        "author": "li <b>",
        "reason": "maintenance",
        "created": NOW - MINUTE,
    }
    return Silence(**fields | given)


@dataclass
class FakeNotices:
    kept: list[Silence] = field(default_factory=lambda: [silence()])
    entries: list[LogEntry] = field(
        default_factory=lambda: [
            entry(1),
            entry(2, outcome=Outcome.HELD, reason="silenced by 1", next=None, delivered=None),
            entry(3, outcome=Outcome.WAITING, delivered=None, error="answered 503 <script>alert(1)</script>"),
        ]
    )
    route: RouteMatch | None = field(
        default_factory=lambda: RouteMatch(
            route='{}/{severity="high"}',
            receivers=("oncall",),
            group_by=("rule", "namespace"),
            group_wait=30_000,
            group_interval=300_000,
            repeat=(3_600_000, 14_400_000),
        )
    )

    def routes(self, labels: Mapping[str, str]) -> list[RouteMatch]:
        return [self.route] if self.route and labels.get("severity") != "info" else []

    def receivers(self) -> list[str]:
        return ["oncall"] if self.route else []

    def silences(self, since: int) -> list[Silence]:
        return [one for one in self.kept if one.ends > since]

    def silence(self, asked: Silence) -> Silence:
        self.covered(asked, [])
        made = msgspec.structs.replace(asked, id=len(self.kept) + 1)
        self.kept.append(made)
        return made

    def end_silence(self, id: int) -> None:
        if not any(one.id == id for one in self.kept):
            raise NotFoundError(f"there is no silence {id}")
        self.kept = [one for one in self.kept if one.id != id]

    def covered(self, asked: Silence, alerts: Iterable[AlertRecord]) -> list[AlertRecord]:
        try:
            matchers = parse_matchers(asked.matchers)
        except ValueError as error:
            raise QuerySyntaxError(f"matchers: {error}") from None
        return [alert for alert in alerts if matchers.fit({**alert.labels, "rule": alert.rule})]

    def acknowledge(self, alert: AlertRecord, author: str, reason: str, length: int) -> Silence:
        return self.silence(
            silence(
                matchers=exactly(alert.labels),
                author=author,
                reason=reason,
                starts=NOW,
                ends=NOW + length,
                before=NOW,
            )
        )

    def notifications(self, limit: int) -> list[LogEntry]:
        return self.entries[:limit]
