"""Routes: a tree that says by labels who is told of an alert, together with what, and how often again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from eventcenter.alerted import RouteMatch
from eventcenter.alerts.intervals import Interval
from eventcenter.alerts.matching import Labels, Matchers
from eventcenter.alerts.rule import MINUTE

HOUR = 60 * MINUTE
REPEAT = (HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR)


@dataclass(frozen=True, slots=True)
class Route:
    """Times in ms. What a route of the tree does not say, it has from the one above."""

    name: str
    """The matchers on the way to it: the same as long as those are."""
    matchers: Matchers = field(default_factory=Matchers)
    receivers: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ("rule", "namespace")
    group_wait: int = 30_000
    group_interval: int = 5 * MINUTE
    repeat: tuple[int, ...] = REPEAT
    """Steps since the message before; the last one stays. Empty: never."""
    mute: tuple[str, ...] = ()
    active: tuple[str, ...] = ()
    """Names of time intervals: told not within, told only within."""
    goes_on: bool = False
    """Routes beside it are looked at too (`continue`)."""
    routes: tuple[Route, ...] = ()

    def found(self, labels: Labels) -> Iterator[Route]:
        """The deepest routes that the labels lead to."""
        if not self.matchers.fit(labels):
            return
        none = True
        for route in self.routes:
            for one in route.found(labels):
                none = False
                yield one
            if route.matchers.fit(labels) and not route.goes_on:
                return
        if none:
            yield self

    def group(self, labels: Labels) -> dict[str, str]:
        """What an alert has in common with those that are told together with it; `...` is all labels."""
        names = sorted(labels) if self.group_by == ("...",) else self.group_by
        return {name: labels[name] for name in names if labels.get(name)}

    def all(self) -> Iterator[Route]:
        yield self
        for route in self.routes:
            yield from route.all()

    def shape(self) -> RouteMatch:
        return RouteMatch(
            route=self.name,
            receivers=self.receivers,
            group_by=self.group_by,
            group_wait=self.group_wait,
            group_interval=self.group_interval,
            repeat=self.repeat,
        )


@dataclass(frozen=True, slots=True)
class Inhibition:
    """Where an alert of the source fires, alerts of the target with the same labels say nothing new."""

    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Routing:
    """All that is written about telling. Without a tree nobody is told."""

    tree: Route | None = None
    inhibitions: tuple[Inhibition, ...] = ()
    intervals: Mapping[str, Interval] = field(default_factory=dict)

    def routes(self, labels: Labels) -> list[Route]:
        """Each once, in their order; without those that nobody is told by."""
        found = list(self.tree.found(labels)) if self.tree else []
        return [route for route in found if route.receivers]

    def by_name(self) -> dict[str, Route]:
        return {route.name: route for route in self.tree.all()} if self.tree else {}

    def receivers(self) -> list[str]:
        return sorted({name for route in self.by_name().values() for name in route.receivers})


def below(route: Route, **given: object) -> Route:
    """A route with what it says itself, the rest as in the one above."""
    return dataclasses.replace(route, goes_on=False, routes=(), **given)  # type: ignore[arg-type]
