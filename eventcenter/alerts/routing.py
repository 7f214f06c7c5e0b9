"""`route:`, `inhibit:` and `time_intervals:` as people write them beside `rules:`, read and checked.

Problems are collected, and told together with those of the rules."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from eventcenter.alerts.fields import duration, flag, positive, shown
from eventcenter.alerts.intervals import DAYS, Interval, Span
from eventcenter.alerts.matching import Matchers, parse_matchers
from eventcenter.alerts.routes import Inhibition, Route, Routing, below

MAX_DEPTH = 20
MAX_ROUTES = 2000
KEYS = ("route", "inhibit", "time_intervals")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")

Parse = Callable[[Any], Any]


def read_routing(content: Mapping[str, Any], where: str) -> tuple[Routing, list[str]]:
    """What is said of telling, and a line for each problem."""
    reading = _Reading()
    intervals = reading.intervals(content.get("time_intervals") or {}, f"{where}: time_intervals")
    inhibitions = reading.inhibitions(content.get("inhibit") or [], f"{where}: inhibit")
    tree = reading.tree(content["route"], f"{where}: route") if content.get("route") is not None else None
    if tree is not None:
        reading.check_intervals(tree, intervals, where)
    return Routing(tree, inhibitions, intervals), reading.problems


class _Reading:
    def __init__(self) -> None:
        self.problems: list[str] = []
        self._names: set[str] = set()

    def tree(self, document: Any, where: str) -> Route:
        return self._route(document, where, Route(""), 0)

    def _route(self, document: Any, where: str, above: Route, depth: int) -> Route:
        if depth > MAX_DEPTH or len(self._names) > MAX_ROUTES:
            self.problems.append(f"{where}: more than {MAX_DEPTH} routes deep or {MAX_ROUTES} in all")
            return above
        fields = self._fields(document, where, _ROUTE)
        children = fields.pop("routes", [])
        goes_on = fields.pop("goes_on", False)
        matchers: Matchers = fields.get("matchers", Matchers())
        name = self._name(f"{above.name}/{matchers}" if above.name else str(matchers))
        route = below(above, **{**fields, "name": name, "matchers": matchers})
        if depth == 0 and matchers.all:
            self.problems.append(f"{where}: the first route has no matchers: it is for everything")
        if not route.receivers and not children:
            self.problems.append(f"{where}: says no `receivers`, nor does one above it")
        made = [
            self._route(child, f"{where}.routes[{number}]", route, depth + 1)
            for number, child in enumerate(children)
        ]
        return dataclasses.replace(route, goes_on=goes_on, routes=tuple(made))

    def _name(self, name: str) -> str:
        """Two routes may have the same matchers, as with `continue`."""
        number = 1
        while (unique := name if number == 1 else f"{name}#{number}") in self._names:
            number += 1
        self._names.add(unique)
        return unique

    def inhibitions(self, documents: Any, where: str) -> tuple[Inhibition, ...]:
        if not isinstance(documents, list):
            self.problems.append(f"{where}: is not a list")
            return ()
        found = []
        for number, document in enumerate(documents):
            fields = self._fields(document, f"{where}[{number}]", _INHIBIT)
            if fields.keys() >= {"source", "target"}:
                found.append(Inhibition(**fields))
            elif isinstance(document, Mapping) and not {"source", "target"} <= document.keys():
                self.problems.append(f"{where}[{number}]: needs both `source` and `target`")
        return tuple(found)

    def intervals(self, documents: Any, where: str) -> dict[str, Interval]:
        if not isinstance(documents, Mapping):
            self.problems.append(f"{where}: is not a mapping of names and lists of times")
            return {}
        found: dict[str, Interval] = {}
        for name, given in documents.items():
            spans = given if isinstance(given, list) else [given]
            read = [self._fields(one, f"{where}.{name}[{number}]", _SPAN) for number, one in enumerate(spans)]
            found[str(name)] = [Span(**{**one.pop("clock", {}), **one}) for one in read]
        return found

    def check_intervals(self, tree: Route, known: Mapping[str, Interval], where: str) -> None:
        unknown = {name for route in tree.all() for name in (*route.mute, *route.active)} - known.keys()
        for name in sorted(unknown):
            self.problems.append(f"{where}: there is no time interval {shown(name)} in time_intervals")

    def _fields(self, document: Any, where: str, table: Mapping[str, tuple[str, Parse]]) -> dict[str, Any]:
        if not isinstance(document, Mapping):
            self.problems.append(f"{where}: is not a mapping of keys and values")
            return {}
        fields: dict[str, Any] = {}
        for key, value in document.items():
            if key not in table:
                near = difflib.get_close_matches(str(key), table, n=1, cutoff=0.6)
                guess = f" Did you mean {near[0]}?" if near else ""
                self.problems.append(f"{where}: {shown(key)} is not known.{guess} Known: {', '.join(table)}.")
                continue
            field, parse = table[key]
            try:
                fields[field] = parse(value)
            except ValueError as error:
                self.problems.append(f"{where}: {key}: {shown(value)} {error}")
        return fields


def _names(value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(one, str) and one.strip() for one in given):
        raise ValueError("is not a list of names")
    return tuple(dict.fromkeys(one.strip() for one in given))


def _labels(value: Any) -> tuple[str, ...]:
    names = _names(value)
    if names != ("...",) and not all(_LABEL.fullmatch(name) for name in names):
        raise ValueError("is not a list of names of labels, or `...` for all")
    return names


def _matchers(value: Any) -> Matchers:
    if isinstance(value, Mapping):
        value = [f'{name}="{text}"' for name, text in value.items()]
    return parse_matchers(_names(value))


def _steps(value: Any) -> tuple[int, ...]:
    if value in ("never", []):
        return ()
    return tuple(positive(step) for step in (value if isinstance(value, list) else [value]))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("is not a list of routes")
    return value


def _clock(value: Any) -> dict[str, int]:
    match = (
        re.fullmatch(rf"{_CLOCK.pattern}\s*-\s*{_CLOCK.pattern}", value) if isinstance(value, str) else None
    )
    if match is None:
        raise ValueError("is not two times of a day, as in 22:00-07:30")
    begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if begin == end or begin > 1439 or end > 1440:
        raise ValueError("is no part of a day")
    return {"begin": begin, "end": end}


def _days(value: Any) -> frozenset[int]:
    days: set[int] = set()
    for name in _names(value):
        first, _, last = name.lower().partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f"is not a list of {', '.join(DAYS)}, or of two of them with `-`")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return frozenset(days)


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, KeyError, TypeError):
        raise ValueError("is no time zone, as in Asia/Shanghai") from None


_ROUTE: Mapping[str, tuple[str, Parse]] = {
    "matchers": ("matchers", _matchers),
    "receivers": ("receivers", _names),
    "group_by": ("group_by", _labels),
    "group_wait": ("group_wait", duration),
    "group_interval": ("group_interval", positive),
    "repeat_interval": ("repeat", _steps),
    "mute_time_intervals": ("mute", _names),
    "active_time_intervals": ("active", _names),
    "continue": ("goes_on", flag),
    "routes": ("routes", _list),
}
_INHIBIT: Mapping[str, tuple[str, Parse]] = {
    "source": ("source", _matchers),
    "target": ("target", _matchers),
    "equal": ("equal", _labels),
}
_SPAN: Mapping[str, tuple[str, Parse]] = {
    "times": ("clock", _clock),
    "weekdays": ("days", _days),
    "location": ("zone", _zone),
}
