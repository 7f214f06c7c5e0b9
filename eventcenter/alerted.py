"""The nouns of alerts, as they are stored and shown. Depends on nothing of ours. Times in ms."""

from __future__ import annotations

import enum

import msgspec


class AlertRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it is or was."""

    rule: str
    labels: dict[str, str]
    """What tells it from other alerts of the rule: the group."""
    severity: str
    state: str
    """pending, firing or resolved."""
    since: int
    """When the condition began to hold."""
    fired: int | None
    resolved: int | None
    newest: int
    """Of its newest occurrence."""
    occurrences: int
    names: dict[str, int]
    """Objects with their occurrences, the first fifty."""
    message: str
    """Of the newest event."""
    seq: int
    why: str
    """Why it is over."""
    id: int = 0


class JudgeState(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of judging, between two changes."""

    seq: int
    """Everything up to here has been judged."""
    state: bytes


class JudgeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How judging is doing."""

    rules: int
    """Switched on."""
    lag: int
    """Changes that are not judged yet."""
    error: str | None = None


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts that fit all the matchers are not told of from `starts` to `ends`."""

    matchers: tuple[str, ...]
    """As people write them: `namespace="shop"`."""
    starts: int
    ends: int
    author: str
    reason: str
    created: int
    before: int | None = None
    """Only alerts that began by then: an acknowledged one that comes anew is told of."""
    id: int = 0


class RuleText(msgspec.Struct, frozen=True, kw_only=True):
    """What people are told of a rule."""

    titles: dict[str, str]
    """By language."""
    annotations: dict[str, str]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver is to be told of a group of alerts at once."""

    receiver: str
    """The name of a sink for people."""
    key: str
    """The same for everything that is told of the group until it is over: a dedup key."""
    labels: dict[str, str]
    """What the group has in common."""
    time: int
    since: int
    """When the first of it was told."""
    number: int
    """How manieth since then."""
    reason: str
    """Why now: first, new alerts, resolved, repeated."""
    firing: tuple[AlertRecord, ...]
    resolved: tuple[AlertRecord, ...]
    next: int | None = None
    """When it is repeated, if it goes on."""
    rules: dict[str, RuleText] = {}
    """Of its alerts."""
    id: int = 0

    @property
    def over(self) -> bool:
        return not self.firing


class Outcome(enum.StrEnum):
    """What became of telling."""

    WAITING = "waiting"
    """Decided; the channel does not have it yet."""
    SENT = "sent"
    REFUSED = "refused"
    """For good, by the channel."""
    HELD = "held"
    """It was decided not to tell, or not yet."""


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One decision: to tell, or not to tell and why."""

    time: int
    outcome: Outcome
    receivers: tuple[str, ...]
    labels: dict[str, str]
    """Of the group; of the alert where one alert is held back."""
    reason: str
    rules: tuple[str, ...]
    firing: int = 0
    resolved: int = 0
    next: int | None = None
    delivered: int | None = None
    error: str = ""
    id: int = 0


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of notifying, together with what has been judged."""

    state: bytes
    told: tuple[Notification, ...] = ()
    held: tuple[LogEntry, ...] = ()


class RouteMatch(msgspec.Struct, frozen=True, kw_only=True):
    """Who would get an alert, and how."""

    route: str
    """The matchers on the way to it."""
    receivers: tuple[str, ...]
    group_by: tuple[str, ...]
    group_wait: int
    group_interval: int
    repeat: tuple[int, ...]
