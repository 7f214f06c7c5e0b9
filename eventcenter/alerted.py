"""The nouns of alerts, as they are stored and shown. Depends on nothing of ours. Times in ms."""

from __future__ import annotations

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
