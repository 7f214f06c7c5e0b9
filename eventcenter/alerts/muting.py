"""Why nobody is told of an alert that fires: a silence, or another alert that says it all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eventcenter.alerted import Silence
from eventcenter.alerts.life import Alert
from eventcenter.alerts.matching import Labels, Matchers, parse_matchers
from eventcenter.alerts.routes import Inhibition
from eventcenter.alerts.rule import Rule

NODE_LOST = "node-not-ready"
OF_LOST_NODES = "pod-node-not-ready"
"""Says nothing but that the node of a Pod is not ready, by whom the node is often not named."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert that fires, with its labels."""

    alert: Alert
    labels: Labels

    @property
    def nodes(self) -> set[str]:
        """Where its objects are, as far as it is known."""
        named = self.labels.get("node")
        return {named} if named else set(self.alert.nodes)


def labels_of(alert: Alert, rule: Rule | None) -> dict[str, str]:
    """What routes and groups go by: it stays the same for as long as the alert lives."""
    told = dict(rule.labels) if rule else {}
    told |= {name: value for name, value in alert.labels if value}
    return told | {"rule": alert.rule, "severity": rule.severity if rule else "info"}


def seen(alert: Alert, rule: Rule | None) -> Seen:
    """For silences and inhibition also the node counts where all its objects are on one."""
    labels = labels_of(alert, rule)
    if len(alert.nodes) == 1 and not labels.get("node") and alert.nodes[0]:
        labels["node"] = alert.nodes[0]
    return Seen(alert, labels)


class Quiet:
    """A silence that can be asked."""

    def __init__(self, silence: Silence) -> None:
        self.silence = silence
        self._matchers: Matchers = parse_matchers(silence.matchers)

    def covers(self, one: Seen) -> bool:
        """Whatever the time is."""
        before = self.silence.before
        return (before is None or one.alert.since <= before) and self._matchers.fit(one.labels)

    def holds(self, one: Seen, now: int) -> bool:
        return self.silence.starts <= now < self.silence.ends and self.covers(one)


class Muting:
    """At one moment. Made once for all alerts that are to be told then."""

    def __init__(
        self, firing: Iterable[Seen], silences: Sequence[Quiet], inhibitions: Sequence[Inhibition], now: int
    ) -> None:
        self._now = now
        self._silences = silences
        all = list(firing)
        self._lost = {
            (one.labels.get("instance", ""), one.labels.get("node", ""))
            for one in all
            if one.alert.rule == NODE_LOST
        }
        self._inhibitions = [
            (rule, sources)
            for rule in inhibitions
            if (sources := [one for one in all if rule.source.fit(one.labels)])
        ]

    def reason(self, one: Seen) -> str:
        """Empty: it is to be told."""
        for quiet in self._silences:
            if quiet.holds(one, self._now):
                return f"silenced by {quiet.silence.id}"
        if self._on_lost_nodes(one):
            return f"inhibited by {NODE_LOST} of {', '.join(sorted(one.nodes)) or 'its node'}"
        for rule, sources in self._inhibitions:
            if rule.target.fit(one.labels) and (by := _other(rule, sources, one)):
                return f"inhibited by {by.alert.rule}"
        return ""

    def _on_lost_nodes(self, one: Seen) -> bool:
        """All of it is on nodes that are not ready, each of which has an alert of its own."""
        if not self._lost or one.labels.get("category") == "node":
            return False
        if one.alert.rule == OF_LOST_NODES:
            return True
        instance = one.labels.get("instance", "")
        return bool(one.nodes) and all((instance, node) in self._lost for node in one.nodes)


def _other(rule: Inhibition, sources: Sequence[Seen], one: Seen) -> Seen | None:
    """No alert inhibits itself, nor one that inhibits as it does."""
    if rule.source.fit(one.labels):
        return None
    for source in sources:
        if all(source.labels.get(name, "") == one.labels.get(name, "") for name in rule.equal):
            return source
    return None
