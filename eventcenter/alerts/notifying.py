"""Who is told of alerts, and when: from what happens to them to notifications, and a reason for all that is not told.

A pure state machine; whoever calls gives the time (ms) and keeps the state together with what was decided, so that a
restart neither repeats nor forgets. A group waits (`group_wait`) for what comes with its first alert, is looked at
every `group_interval` after that, and is told again in growing steps while nothing changes. That an alert is over is
told to those who were told that it fires, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from eventcenter.alerted import AlertRecord, LogEntry, Notification, Outcome, RuleText
from eventcenter.alerts.groups import Group, Id, Member, State
from eventcenter.alerts.intervals import holds
from eventcenter.alerts.life import Alert, Key, Step, Steps
from eventcenter.alerts.muting import Muting, Quiet, Seen, labels_of, seen
from eventcenter.alerts.routes import Route, Routing
from eventcenter.alerts.rule import Rule

Record = Callable[[Alert], AlertRecord]


class Notifier:
    def __init__(self, routing: Routing, rules: Mapping[str, Rule], record: Record) -> None:
        self._routing = routing
        self._routes = routing.by_name()
        self._rules = rules
        self._record = record
        self._groups: dict[Id, Group] = {}
        self._log: list[LogEntry] = []

    def state(self) -> State:
        return State(list(self._groups.values()))

    def take_up(self, state: State, firing: Iterable[Alert], now: int) -> None:
        """Go on with what was kept, by the routes as they are now: alerts that they lead elsewhere are told there."""
        self._groups = {group.id: group for group in state.groups}
        targets = {(alert.rule, alert.labels): self._targets(alert) for alert in firing}
        for group in list(self._groups.values()):
            for member in list(group.members):
                led = targets.get(member.key)
                member.stray = group.route not in self._routes or (led is not None and group.id not in led)
                if member.stray and not member.told:
                    group.members.remove(member)
            self._drop_empty(group)
        for key, groups in targets.items():
            for route, labels in groups.values():
                self._join(route, labels, key, now)

    def see(self, steps: Steps, now: int) -> None:
        for step, alert in steps:
            key = (alert.rule, alert.labels)
            if step is Step.FIRED:
                for route, labels in self._targets(alert).values():
                    self._join(route, labels, key, now)
            elif step is Step.RESOLVED:
                for group in self._groups.values():
                    if (member := group.member(key)) is not None:
                        member.over, member.record = True, self._record(alert)

    def _targets(self, alert: Alert) -> dict[Id, tuple[Route, dict[str, str]]]:
        labels = labels_of(alert, self._rules.get(alert.rule))
        found = [(route, route.group(labels)) for route in self._routing.routes(labels)]
        return {(route.name, tuple(sorted(group.items()))): (route, group) for route, group in found}

    def _join(self, route: Route, labels: dict[str, str], key: tuple[str, Key], now: int) -> None:
        id = route.name, tuple(sorted(labels.items()))
        group = self._groups.get(id)
        if group is None:
            group = self._groups[id] = Group(
                route=route.name, labels=labels, receivers=route.receivers, due=now + route.group_wait
            )
        member = group.member(key)
        if member is None:
            member = Member(rule=key[0], labels=key[1])
            group.members.append(member)
            if group.due > now:
                self._hold(group, member, "grouped", now, group.due)
        elif member.over:  # it comes again before anybody was told that it is over
            member.over = False

    def is_due(self, now: int) -> bool:
        return any(group.due <= now for group in self._groups.values())

    def due(
        self, firing: Iterable[Alert], silences: Sequence[Quiet], now: int
    ) -> tuple[list[Notification], list[LogEntry]]:
        """What is to be told now, and what was decided not to tell since this was asked last."""
        waiting = [group for group in self._groups.values() if group.due <= now]
        told: list[Notification] = []
        if waiting:
            all = {(alert.rule, alert.labels): seen(alert, self._rules.get(alert.rule)) for alert in firing}
            muting = Muting(all.values(), silences, self._routing.inhibitions, now)
            for group in waiting:
                told += self._look(group, all, muting, now)
                self._drop_empty(group)
        held, self._log = self._log, []
        return told, held

    def _look(
        self, group: Group, all: Mapping[tuple[str, Key], Seen], muting: Muting, now: int
    ) -> list[Notification]:
        route = self._routes.get(group.route, Route(group.route))
        group.receivers = route.receivers or group.receivers
        group.due = now + route.group_interval
        if interval := self._interval(route, now):
            for member in group.members:
                self._hold(group, member, f"time interval {interval}", now, group.due)
            return []
        closing = self._over(group, all, now)
        active = [member for member in group.members if self._to_tell(group, member, all, muting, now)]
        fresh = [member for member in active if not member.told]
        repeat = bool(active) and group.repeat_at is not None and now >= group.repeat_at
        if not (fresh or closing or repeat):
            self._in_time_to_repeat(group, now)
            return []
        reason = _reason(group, bool(fresh), bool(closing))
        _count(group, route, fresh=bool(fresh), repeat=repeat, now=now)
        self._in_time_to_repeat(group, now)
        listed = active or [one for one in group.members if one.told and one not in closing]
        for member in listed:
            if member in active:
                member.told, member.held = True, ""
            member.record = self._record(all[member.key].alert)
        group.members = [member for member in group.members if member not in closing]
        return self._notifications(group, listed, closing, reason, now)

    def _over(self, group: Group, all: Mapping[tuple[str, Key], Seen], now: int) -> list[Member]:
        """Those whose end is to be told. What was over before anybody was told of it is let go."""
        closing = []
        for member in list(group.members):
            if not member.over and member.key in all:
                continue
            if member.told:
                closing.append(member)
            else:
                self._hold(group, member, "over before it was told", now, None)
                group.members.remove(member)
        return closing

    def _to_tell(
        self,
        group: Group,
        member: Member,
        all: Mapping[tuple[str, Key], Seen],
        muting: Muting,
        now: int,
    ) -> bool:
        if member.over or member.stray or member.key not in all:
            return False
        reason = muting.reason(all[member.key])
        if reason:
            self._hold(group, member, reason, now, group.due)
        return not reason

    def _interval(self, route: Route, now: int) -> str:
        """The name of the time interval that keeps it quiet."""
        known = self._routing.intervals
        for name in route.mute:
            if holds(known[name], now):
                return name
        if route.active and not any(holds(known[name], now) for name in route.active):
            return f"outside {', '.join(route.active)}"
        return ""

    def _notifications(
        self, group: Group, listed: Sequence[Member], closing: Sequence[Member], reason: str, now: int
    ) -> list[Notification]:
        firing = tuple(member.record for member in listed if member.record is not None)
        resolved = tuple(member.record for member in closing if member.record is not None)
        texts = {alert.rule: self._texts(alert.rule) for alert in (*firing, *resolved)}
        return [
            Notification(
                receiver=receiver,
                key=group.key(receiver),
                labels=group.labels,
                time=now,
                since=group.first,
                number=group.number,
                reason=reason,
                firing=firing,
                resolved=resolved,
                next=group.repeat_at if firing else None,
                rules=texts,
            )
            for receiver in group.receivers
        ]

    def _texts(self, name: str) -> RuleText:
        rule = self._rules.get(name)
        if rule is None:
            return RuleText(titles={"en": name}, annotations={})
        return RuleText(titles=dict(rule.titles), annotations=dict(rule.annotations))

    def _in_time_to_repeat(self, group: Group, now: int) -> None:
        if group.repeat_at is not None and now < group.repeat_at:
            group.due = min(group.due, group.repeat_at)

    def _drop_empty(self, group: Group) -> None:
        if not group.members:
            self._groups.pop(group.id, None)

    def _hold(self, group: Group, member: Member, reason: str, now: int, next: int | None) -> None:
        """Recorded once for each reason."""
        if member.held == reason:
            return
        member.held = reason
        self._log.append(
            LogEntry(
                time=now,
                outcome=Outcome.HELD,
                receivers=group.receivers,
                labels={name: value for name, value in member.labels if value},
                reason=reason,
                rules=(member.rule,),
                next=next,
            )
        )


def _reason(group: Group, fresh: bool, closing: bool) -> str:
    if fresh:
        return "new alerts" if group.number else "first"
    return "resolved" if closing else "repeated"


def _count(group: Group, route: Route, *, fresh: bool, repeat: bool, now: int) -> None:
    """What is new begins the steps anew; that something is over does not put off the next one."""
    group.first = group.first or now
    group.number += 1
    if not (fresh or repeat):
        return
    group.step = 0 if fresh else group.step + 1
    steps = route.repeat
    group.repeat_at = now + steps[min(group.step, len(steps) - 1)] if steps else None
