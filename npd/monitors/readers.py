"""Who looks at the lines of a log: the rules of a configuration file, or something else that understands them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from npd.checks.frame import Host
from npd.config.model import LogConfig, PluginConfig
from npd.model import Event, Status
from npd.monitors.engine import LogEngine
from npd.monitors.matching import Line
from npd.state import State


class Reader(Protocol):
    @property
    def name(self) -> str:
        """By which its position is remembered."""

    @property
    def source(self) -> str: ...

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]: ...

    def remember(self, lines: Sequence[Line]) -> None:
        """Lines that it saw before a restart."""

    def feed(self, lines: Sequence[Line]) -> list[Event]: ...

    @property
    def patience(self) -> float:
        """Seconds after which it wants to `look` again."""

    def look(self, now: float) -> list[Event]:
        """What there is to report without a line."""

    def status(self, events: Sequence[Event]) -> Status: ...


class RuleReader:
    """The rules of a configuration file."""

    patience = 10.0

    def __init__(self, config: LogConfig, start: float, state: State, host: Host, now: float) -> None:
        self.name, self.source = config.name, config.source
        self._start = start
        self._engine = LogEngine(config, now, state.conditions(config.name), host)
        self.status = self._engine.status
        self.remember = self._engine.remember
        self.look = self._engine.recovered

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        return reasons_of(self._engine.config)

    def feed(self, lines: Sequence[Line]) -> list[Event]:
        start = self._start
        lines = [line for line in lines if line.time >= start]
        return self._engine.feed(lines) if lines else []


def reasons_of(config: LogConfig | PluginConfig) -> tuple[tuple[str, str], ...]:
    """All that can be reported, each once."""
    if not config.metrics:
        return ()
    healthy = {each.type: each.reason for each in config.conditions}
    pairs = [(type_, reason) for type_, reason in healthy.items()]
    for rule in config.rules:
        if not rule.permanent:
            pairs.append(("", rule.reason))
        elif rule.condition in healthy:
            pairs.append((rule.condition, rule.reason))
    return tuple(dict.fromkeys(pairs))
