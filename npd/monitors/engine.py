"""The rules of one log monitor, run over lines: events come out, conditions move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from npd.checks.frame import Host
from npd.config.model import LogConfig, LogRule
from npd.config.patterns import RulePattern
from npd.model import Condition, Event, Severity, Status
from npd.monitors.conditions import Conditions
from npd.monitors.matching import Buffer, Gate, Line, Match, Matcher
from npd.monitors.recovery import Recovery


class LogEngine:
    """Not for two threads at once."""

    def __init__(
        self, config: LogConfig, now: float, remembered: Iterable[Condition] = (), host: Host | None = None
    ) -> None:
        self.config = config
        self.conditions = Conditions(config.conditions, now, remembered)
        self._recovery = Recovery(config.conditions, self.conditions, host or Host())
        self._buffer = Buffer(config.buffer_size)
        self._matchers = [Matcher(rule.pattern) for rule in config.rules]
        self._clearing = [
            (each.type, each.clear_pattern) for each in config.conditions if each.clear_pattern is not None
        ]
        self._clear_matchers = [(type_, Matcher(pattern)) for type_, pattern in self._clearing]
        self._gate = Gate(self._patterns())
        self._over_lines = any(pattern.crosses for pattern in self._patterns())

    def _patterns(self) -> list[RulePattern]:
        return [rule.pattern for rule in self.config.rules] + [pattern for _, pattern in self._clearing]

    def status(self, events: Sequence[Event] = ()) -> Status:
        return Status(self.config.source, tuple(events), self.conditions.all())

    def remember(self, lines: Sequence[Line]) -> None:
        """Lines that were looked at before a restart: what follows may match together with them, and what they
        matched alone was told."""
        for line in lines[-self._buffer.size :]:
            self._buffer.push(line)
            for matcher in self._matchers:
                matcher.match(self._buffer)

    def feed(self, lines: Sequence[Line]) -> list[Event]:
        """Events of these lines, oldest first."""
        candidates = self._gate.candidates(self._joined(lines))
        if not candidates:
            self._skip(lines)
            return []
        events: list[Event] = []
        for line in lines:
            self._buffer.push(line)
            events.extend(self._match(candidates))
        return events

    def _joined(self, lines: Sequence[Line]) -> bytes:
        """What a match of one of the lines can reach."""
        texts = [line.text for line in lines]
        return b"\n".join(self._buffer.texts() + texts if self._over_lines else texts)

    def _skip(self, lines: Sequence[Line]) -> None:
        for line in lines[-self._buffer.size :]:
            self._buffer.push(line)
        self._buffer.pushed += max(0, len(lines) - self._buffer.size)

    def _match(self, candidates: Sequence[int]) -> Iterator[Event]:
        told: set[str] = set()
        for index in candidates:
            if index >= len(self._matchers):
                yield from self._clear(*self._clear_matchers[index - len(self._matchers)])
                continue
            rule = self.config.rules[index]
            if rule.added and rule.reason in told:
                continue
            found = self._matchers[index].match(self._buffer)
            if found is not None:
                told.add(rule.reason)
                yield from self._fired(rule, found)

    def _fired(self, rule: LogRule, found: Match) -> Iterator[Event]:
        message = f"{found.text}; {rule.suffix}" if rule.suffix else found.text
        if not rule.permanent:
            yield Event(Severity.WARN, found.time, rule.reason, message)
        elif rule.condition in self.conditions:
            self._recovery.confirmed(rule.condition, message, found.time)
            if event := self.conditions.matched(rule.condition, rule.reason, message, found.time):
                yield event

    def _clear(self, type_: str, matcher: Matcher) -> Iterator[Event]:
        found = matcher.match(self._buffer)
        if found and (event := self.conditions.cleared(type_, found.time)):
            yield event

    def recovered(self, now: float) -> list[Event]:
        """Conditions that have ended without a line that says so."""
        return self._recovery.look(now)
