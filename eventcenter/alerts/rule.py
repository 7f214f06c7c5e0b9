"""A rule, checked: what it looks for, how often within how long, grouped by what, and when it is over."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from eventcenter.model import Event
from eventcenter.rules import Severity
from eventcenter.search import Node, matches
from eventcenter.workloads import workload_of_event

MINUTE = 60_000

GROUPS = ("instance", "namespace", "kind", "name", "workload", "node", "reason", "component")
"""What occurrences can be grouped by."""


class Kind(enum.StrEnum):
    EVENT = "event"
    """At least so many occurrences within a while."""
    ABSENCE = "absence"
    """Nothing at all for a while."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Times in ms."""

    name: str
    kind: Kind
    severity: Severity
    titles: Mapping[str, str] = field(default_factory=dict)
    """By language: en, zh."""
    problem: str = ""
    """Id of the catalogue's problem that it is about: an event is only one of them, the most special."""
    test: Callable[[Event], bool] | None = None
    """What the catalogue says of the event."""
    reasons: tuple[str, ...] = ()
    """No event with another reason passes the test; empty: any may."""
    search: Node | None = None
    search_text: str = ""
    count: int = 1
    within: int = 5 * MINUTE
    group_by: tuple[str, ...] = ("instance", "namespace", "workload")
    pending: int = 0
    """How long the condition must hold before the alert fires."""
    resolve_on: tuple[tuple[str, str], ...] = ()
    """(reason, kind) of events on the same object that say that it is over."""
    quiet: int = 30 * MINUTE
    """After so long without an occurrence it is over."""
    refines: str = ""
    """The more general rule that says nothing where this one does."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    enabled: bool = True
    origin: str = "settings"
    """catalogue, or settings."""

    def matches(self, event: Event, raw: Mapping[str, object] | None = None) -> bool:
        return (self.test is None or self.test(event)) and (
            self.search is None or matches(self.search, event, raw)
        )

    def ends(self, event: Event) -> bool:
        return any(event.reason == reason and event.kind in ("", kind) for reason, kind in self.resolve_on)

    def title(self, language: str = "en") -> str:
        return self.titles.get(language) or self.titles.get("en") or self.name


def group_of(event: Event, group_by: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The labels that tell one alert of a rule from another."""
    return tuple((name, _value(event, name)) for name in group_by)


def _value(event: Event, name: str) -> str:
    if name == "workload":
        return workload_of_event(event).name
    if name == "node":
        return node_of(event)
    return str(getattr(event, name))


def node_of(event: Event) -> str:
    """Empty where the event does not say it."""
    return event.hostname or (event.name if event.kind == "Node" else "")
