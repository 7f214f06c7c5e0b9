"""What the configuration files say, checked and with their defaults. Times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from npd.config.patterns import RulePattern

Recheck = Literal["", "blocked-task", "read-only-mount", "shut-down-mount"]
"""What can be looked at to see whether a condition still holds. '': nothing."""


@dataclass(frozen=True, slots=True)
class DeclaredCondition:
    type: str
    reason: str
    """While it is False."""
    message: str
    clear_pattern: RulePattern | None = None
    """Ours: a line that ends it."""
    ttl: float | None = None
    """Ours: it ends when no line has confirmed it for so long."""
    recheck: Recheck = ""
    """Ours: what is looked at to see whether it is over."""
    hold: float = 0.0
    """Ours: how long after the newest line that confirms it a look cannot end it."""


@dataclass(frozen=True, slots=True)
class LogRule:
    reason: str
    pattern: RulePattern
    permanent: bool = False
    condition: str = ""
    suffix: str = ""
    """`patternGeneratedMessageSuffix`."""
    added: bool = False
    """Not of the file: silent where a rule of the file has told the same reason of the same line."""


LogPlugin = Literal["kmsg", "journald", "filelog"]


@dataclass(frozen=True, slots=True)
class LogConfig:
    """A system log monitor."""

    name: str
    """Of the file, for messages and for what is remembered over restarts."""
    plugin: LogPlugin
    source: str
    conditions: tuple[DeclaredCondition, ...] = ()
    rules: tuple[LogRule, ...] = ()
    log_path: str = ""
    lookback: float = 0.0
    delay: float = 0.0
    buffer_size: int = 10
    skip: tuple[str, ...] = ()
    plugin_config: dict[str, str] = field(default_factory=dict)
    metrics: bool = True


@dataclass(frozen=True, slots=True)
class PluginRule:
    reason: str
    path: str
    args: tuple[str, ...] = ()
    permanent: bool = False
    condition: str = ""
    timeout: float | None = None
    interval: float | None = None
    builtin: str = ""
    """Name of the part of ours that stands in for a program of the original that is not installed here."""


@dataclass(frozen=True, slots=True)
class PluginConfig:
    """A custom plugin monitor."""

    name: str
    source: str
    conditions: tuple[DeclaredCondition, ...] = ()
    rules: tuple[PluginRule, ...] = ()
    interval: float = 30.0
    timeout: float = 5.0
    max_output: int = 80
    """Bytes of a plugin's output that make the message."""
    concurrency: int = 3
    message_change: bool = False
    """A new message of a condition that is True is a change."""
    skip_initial_status: bool = False
    unknown_is_problem: bool = False
    """Ours: a plugin of a temporary rule that ends with 2 makes an event, as in the original."""
    metrics: bool = True

    def timeout_of(self, rule: PluginRule) -> float:
        return self.timeout if rule.timeout is None else min(rule.timeout, self.timeout)

    def interval_of(self, rule: PluginRule) -> float:
        return self.interval if rule.interval is None else rule.interval


@dataclass(frozen=True, slots=True)
class StatsConfig:
    """A system stats monitor: accepted, and left to node-exporter."""

    name: str


@dataclass(frozen=True, slots=True)
class OomConfig:
    """Ours: `{"builtin": "oom"}`. The kernel log is watched for OOM kills, to name the Pods that they hit."""

    name: str
    lookback: float = 0.0


AnyConfig = LogConfig | PluginConfig | StatsConfig | OomConfig


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file that can be used, and what its reader should know of it."""

    config: AnyConfig
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """For debugging: keys that are ignored."""
