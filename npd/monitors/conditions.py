"""The conditions of one monitor as they stand, and the changes that rules make to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from npd.config.model import DeclaredCondition
from npd.model import Condition, Event, Truth
from npd.monitors.texts import change_event


class Conditions:
    """Declared conditions begin as False, unless `remembered` has them from before a restart."""

    def __init__(
        self, declared: Sequence[DeclaredCondition], now: float, remembered: Iterable[Condition] = ()
    ) -> None:
        self._declared = {each.type: each for each in declared}
        before = {each.type: each for each in remembered}
        self._now = {
            each.type: before.get(each.type) or Condition(each.type, "False", now, each.reason, each.message)
            for each in declared
        }

    def __contains__(self, type_: str) -> bool:
        return type_ in self._now

    def __getitem__(self, type_: str) -> Condition:
        return self._now[type_]

    def declared(self, type_: str) -> DeclaredCondition:
        return self._declared[type_]

    def all(self) -> tuple[Condition, ...]:
        return tuple(self._now.values())

    def true(self) -> list[Condition]:
        return [each for each in self._now.values() if each.status == "True"]

    def matched(self, type_: str, reason: str, message: str, time: float) -> Event | None:
        """A log line says that it is so. Nothing when that was known already, with this reason."""
        before = self._now[type_]
        if before.status == "True" and before.reason == reason:
            return None
        return self._set(type_, "True", reason, message, time)

    def cleared(self, type_: str, time: float) -> Event | None:
        """It is over."""
        before, healthy = self._now[type_], self._declared[type_]
        if before.status == "False":
            return None
        return self._set(type_, "False", healthy.reason, healthy.message, time)

    def looked(
        self, type_: str, status: Truth, reason: str, message: str, time: float, *, message_counts: bool
    ) -> Event | None:
        """A plugin has looked. `reason` and `message` count while there is a problem."""
        before, healthy = self._now[type_], self._declared[type_]
        if status == "True":
            same = before.reason == reason and (not message_counts or before.message == message)
            return (
                None if before.status == "True" and same else self._set(type_, status, reason, message, time)
            )
        if before.status == status:
            return None
        return self._set(
            type_, status, healthy.reason, healthy.message if status == "False" else message, time
        )

    def _set(self, type_: str, status: Truth, reason: str, message: str, time: float) -> Event:
        self._now[type_] = replace(
            self._now[type_], status=status, reason=reason, message=message, since=time
        )
        return change_event(self._now[type_])
