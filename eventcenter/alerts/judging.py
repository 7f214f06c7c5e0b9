"""Runs the rules over changes: each change goes to the rules that may look for it, the most special one speaks.

Pure; the same for what comes in now and for what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from eventcenter.alerts.life import Alert, Kept, Key, Lives, Steps, end
from eventcenter.alerts.rule import Kind, Rule, group_of, node_of
from eventcenter.model import Event, StoredChange
from eventcenter.search import needs_raw


class State(msgspec.Struct):
    """What a judge keeps over a restart, by the names of the rules."""

    lives: dict[str, Kept]
    seen: dict[str, int | None]


class Judge:
    """The alerts of many rules over one stream of changes, whose times are those of the events."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.lives = {rule.name: Lives(rule) for rule in rules if rule.enabled}
        self._by_reason: dict[str, list[Lives]] = {}
        self._any: list[Lives] = []
        self._ending: dict[str, list[Lives]] = {}
        self._absent: list[_Absence] = []
        for lives in self.lives.values():
            self._sort_in(lives)

    def _sort_in(self, lives: Lives) -> None:
        rule = lives.rule
        if rule.kind is Kind.ABSENCE:
            self._absent.append(_Absence(lives))
            return
        for reason in rule.reasons:
            self._by_reason.setdefault(reason, []).append(lives)
        if not rule.reasons:
            self._any.append(lives)
        for reason, _ in rule.resolve_on:
            self._ending.setdefault(reason, []).append(lives)

    @property
    def needs_raw(self) -> bool:
        """Whether a rule asks for paths of the raw object."""
        return any(
            lives.rule.search is not None and needs_raw(lives.rule.search) for lives in self.lives.values()
        )

    def see(self, change: StoredChange, now: int, raw: Mapping[str, Any] | None = None) -> Steps:
        """What the change does to the alerts. No event happens later than it is seen: a wrong clock somewhere must not
        make all others look old."""
        event = change.event
        time = min(event.last_time, now)
        steps: Steps = []
        for absence in self._absent:
            steps += absence.see(event, time, raw)
        for lives in self._ending.get(event.reason, ()):
            if lives.rule.ends(event):
                steps += lives.ended(group_of(event, lives.rule.group_by), time, event.reason)
        if change.occurrences > 0:
            for lives in self._speakers(event, raw):
                steps += lives.occurred(
                    group_of(event, lives.rule.group_by),
                    time,
                    change.occurrences,
                    name=event.name,
                    node=node_of(event),
                    message=event.message[:1000],
                    seq=event.seq,
                )
        return steps

    def tick(self, now: int) -> Steps:
        """What the time alone does to them."""
        steps: Steps = []
        for lives in self.lives.values():
            steps += lives.tick(now)
        for absence in self._absent:
            steps += absence.tick(now)
        return steps

    def touched(self) -> list[Alert]:
        """The open alerts that something has happened to since this was asked last."""
        return [alert for lives in self.lives.values() for alert in lives.touched()]

    def open(self) -> list[Alert]:
        """Pending and firing."""
        return [alert for lives in self.lives.values() for alert in lives.alerts.values()]

    def state(self) -> State:
        lives = {name: lives.kept() for name, lives in self.lives.items()}
        return State(
            {name: kept for name, kept in lives.items() if kept.alerts or kept.windows},
            {absence.name: absence.seen for absence in self._absent},
        )

    def take_up(self, state: State, now: int) -> Steps:
        """Go on with what was kept. The alerts of rules that are no more, or off, end."""
        ended: Steps = []
        for name, kept in state.lives.items():
            lives = self.lives.get(name)
            if lives is not None:
                lives.take_up(kept)
            else:
                ended += [end(alert, now, "the rule is gone") for alert in kept.alerts]
        for absence in self._absent:
            absence.seen = state.seen.get(absence.name)
        return ended

    def _speakers(self, event: Event, raw: Mapping[str, Any] | None) -> list[Lives]:
        """The rules that look for it, without those that another of them says more than."""
        found = [
            lives
            for lives in (*self._by_reason.get(event.reason, ()), *self._any)
            if lives.rule.matches(event, raw)
        ]
        if len(found) < 2:
            return found
        general = self._general({lives.rule.name for lives in found})
        special = any(lives.rule.name == lives.rule.problem == event.problem for lives in found)
        return [
            lives
            for lives in found
            if lives.rule.name not in general
            and not (special and lives.rule.name == lives.rule.problem != event.problem)
        ]

    def _general(self, names: set[str]) -> set[str]:
        """The rules that these refine, and that those refine in turn."""
        general: set[str] = set()
        for name in names:
            while (name := self.lives[name].rule.refines) and name not in general:
                general.add(name)
                if name not in self.lives:
                    break
        return general


class _Absence:
    """A rule that looks for nothing: it fires when nothing came for its time."""

    _KEY: Key = ()

    def __init__(self, lives: Lives) -> None:
        self._lives = lives
        self.seen: int | None = None
        """When the newest event came of which there are to be some."""
        self.name = lives.rule.name

    def see(self, event: Event, time: int, raw: Mapping[str, Any] | None) -> Steps:
        if not self._lives.rule.matches(event, raw):
            return []
        steps = self.tick(time)
        self.seen = max(self.seen or 0, time)
        return steps + self._lives.ended(self._KEY, time, "there is something again")

    def tick(self, now: int) -> Steps:
        """The first look begins the wait: a center that was just started has seen nothing of anything."""
        rule = self._lives.rule
        if self.seen is None:
            self.seen = now
        missing = self.seen + rule.within
        if now < missing or self._KEY in self._lives.alerts:
            return []
        text = f"nothing for {rule.within // 60_000} min"
        return self._lives.occurred(self._KEY, missing, rule.count, name="", message=text, seq=0)
