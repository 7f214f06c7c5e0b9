"""Alerts, a clock and a notifier that may be killed at any moment: state and decisions are kept together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from eventcenter.alerted import AlertRecord, LogEntry, Notification, Silence
from eventcenter.alerts.groups import State
from eventcenter.alerts.life import Alert, Step
from eventcenter.alerts.life import State as Life
from eventcenter.alerts.muting import Quiet
from eventcenter.alerts.notifying import Notifier
from eventcenter.alerts.routes import Routing
from eventcenter.alerts.routing import read_routing
from eventcenter.alerts.rule import Kind, Rule

NOW = 1_795_435_200_000
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
RULES = {
    name: Rule(name=name, kind=Kind.EVENT, severity=severity, labels={"category": category})
    for name, severity, category in (
        ("crash", "high", "pod"),
        ("slow", "low", "pod"),
        ("node-not-ready", "critical", "node"),
    )
}


def routing(route: Any, **more: Any) -> Routing:
    made, problems = read_routing({"route": route, **more}, "test")
    assert problems == []
    return made


def record(alert: Alert) -> AlertRecord:
    return AlertRecord(
        rule=alert.rule,
        labels=dict(alert.labels),
        severity=RULES[alert.rule].severity,
        state=alert.state.value,
        since=alert.since,
        fired=alert.fired,
        resolved=alert.resolved,
        newest=alert.newest,
        occurrences=alert.occurrences,
        names=alert.names,
        message=alert.message,
        seq=alert.seq,
        why=alert.why,
    )


class World:
    def __init__(self, made: Routing) -> None:
        self.now = NOW
        self.routing = made
        self.alerts: dict[Any, Alert] = {}
        self.silences: list[Silence] = []
        self.told: list[Notification] = []
        self.held: list[LogEntry] = []
        self.kept = msgspec.msgpack.encode(State())
        self.restart()

    def restart(self, made: Routing | None = None) -> None:
        """From what was kept, as after a kill."""
        self.routing = made or self.routing
        self.notifier = Notifier(self.routing, RULES, record)
        self.notifier.take_up(
            msgspec.msgpack.decode(self.kept, type=State), list(self.alerts.values()), self.now
        )

    def fire(self, rule: str = "crash", nodes: Sequence[str] = (), **labels: str) -> Alert:
        alert = Alert(
            rule=rule, labels=tuple(labels.items()), since=self.now, newest=self.now, state=Life.FIRING
        )
        alert.fired, alert.nodes = self.now, list(nodes)
        self.alerts[(rule, alert.labels)] = alert
        self.round([(Step.FIRED, alert)])
        return alert

    def resolve(self, alert: Alert) -> None:
        del self.alerts[(alert.rule, alert.labels)]
        alert.state, alert.resolved = Life.RESOLVED, self.now
        self.round([(Step.RESOLVED, alert)])

    def round(self, steps: Any = ()) -> list[Notification]:
        """One transaction of the engine."""
        self.notifier.see(list(steps), self.now)
        quiets = [Quiet(silence) for silence in self.silences]
        told, held = self.notifier.due(list(self.alerts.values()), quiets, self.now)
        self.kept = msgspec.msgpack.encode(self.notifier.state())
        self.told += told
        self.held += held
        return told

    def passes(self, length: int, step: int = 10 * SECOND) -> list[Notification]:
        """What is told meanwhile."""
        before, end = len(self.told), self.now + length
        while self.now < end:
            self.now = min(end, self.now + step)
            self.round()
        return self.told[before:]

    def silence(self, *matchers: str, length: int = HOUR, before: int | None = None) -> Silence:
        made = Silence(
            id=len(self.silences) + 1,
            matchers=matchers,
            starts=self.now,
            ends=self.now + length,
            author="test",
            reason="",
            created=self.now,
            before=before,
        )
        self.silences.append(made)
        return made

    def reasons(self) -> list[str]:
        return [entry.reason for entry in self.held]
