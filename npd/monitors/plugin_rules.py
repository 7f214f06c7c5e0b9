"""What the results of plugins come to: events, and the conditions of a custom plugin monitor."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from npd.config.model import PluginConfig, PluginRule
from npd.model import Condition, Event, Severity, Status, Truth
from npd.monitors.conditions import Conditions


class Outcome(enum.StrEnum):
    OK = "OK"
    NON_OK = "NonOK"
    UNKNOWN = "Unknown"

    @classmethod
    def of_exit(cls, code: int) -> Outcome:
        """0, 1, or anything else, a signal too."""
        return {0: cls.OK, 1: cls.NON_OK}.get(code, cls.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Result:
    outcome: Outcome
    message: str = ""
    applicable: bool = True
    """False: there is nothing of the kind on this node, which is neither a problem nor unknown."""


_TRUTHS: dict[Outcome, Truth] = {Outcome.OK: "False", Outcome.NON_OK: "True", Outcome.UNKNOWN: "Unknown"}


class PluginRules:
    """Not for two threads at once."""

    def __init__(self, config: PluginConfig, now: float, remembered: Iterable[Condition] = ()) -> None:
        self.config = config
        self.conditions = Conditions(config.conditions, now, remembered)

    def status(self, events: Iterable[Event] = ()) -> Status:
        return Status(self.config.source, tuple(events), self.conditions.all())

    def apply(self, rule: PluginRule, result: Result, time: float) -> list[Event]:
        if not result.applicable:
            return []
        if not rule.permanent:
            return [Event(Severity.WARN, time, rule.reason, result.message)] if self._problem(result) else []
        event = self.conditions.looked(
            rule.condition,
            _TRUTHS[result.outcome],
            rule.reason,
            result.message,
            time,
            message_counts=self.config.message_change,
        )
        return [event] if event else []

    def _problem(self, result: Result) -> bool:
        """Of a temporary rule. That a plugin cannot tell is no problem of the node, unless the file says so."""
        if result.outcome is Outcome.UNKNOWN:
            return self.config.unknown_is_problem
        return result.outcome is Outcome.NON_OK
