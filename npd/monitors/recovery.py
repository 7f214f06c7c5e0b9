"""Ends conditions of a log monitor that no line ends: after a time without confirmation, or when a look at the node
says that it is over. The original leaves them True until it is started anew."""

from __future__ import annotations

from collections.abc import Sequence

from npd.checks.frame import Host
from npd.config.model import DeclaredCondition
from npd.model import Event
from npd.monitors.conditions import Conditions
from npd.monitors.rechecks import RECHECKS

MAX_EVIDENCE = 64
"""Lines that are kept for each condition; each is looked at anew."""


class Recovery:
    """Not for two threads at once."""

    def __init__(self, declared: Sequence[DeclaredCondition], conditions: Conditions, host: Host) -> None:
        self._watched = [each for each in declared if each.ttl is not None or each.recheck]
        self._conditions = conditions
        self._host = host
        self._confirmed: dict[str, float] = {}
        self._evidence: dict[str, list[str]] = {}
        for each in conditions.true():
            self.confirmed(each.type, each.message, each.since)

    def confirmed(self, type_: str, message: str, time: float) -> None:
        """A line says that the condition holds, or holds still."""
        self._confirmed[type_] = max(time, self._confirmed.get(type_, time))
        kept = self._evidence.setdefault(type_, [])
        if message not in kept:
            kept.append(message)
            del kept[:-MAX_EVIDENCE]

    def look(self, now: float) -> list[Event]:
        """Events of the conditions that have ended."""
        ended = []
        for declared in self._watched:
            if self._conditions[declared.type].status != "True":
                self._forget(declared.type)
            elif self._over(declared, now) and (event := self._conditions.cleared(declared.type, now)):
                self._forget(declared.type)
                ended.append(event)
        return ended

    def _forget(self, type_: str) -> None:
        self._evidence.pop(type_, None)
        self._confirmed.pop(type_, None)

    def _over(self, declared: DeclaredCondition, now: float) -> bool:
        age = now - self._confirmed.get(declared.type, now)
        if declared.ttl is not None and age > declared.ttl:
            return True
        if not declared.recheck or age < declared.hold:
            return False
        holds = RECHECKS[declared.recheck]
        return not any(holds(message, self._host) for message in self._evidence.get(declared.type, ()))
