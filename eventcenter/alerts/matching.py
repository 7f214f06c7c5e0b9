"""Matchers of labels, written as Alertmanager's: `team="payments"`, `severity=~"critical|high"`, `!=`, `!~`.

A label that an alert does not have is an empty text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from eventcenter.patterns import searcher

MAX_CHARS = 1000
_WRITTEN = re.compile(
    r'\s*([A-Za-z_][A-Za-z0-9_]{0,62})\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\["\\])*)"|([^"\s]*))\s*'
)

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matcher:
    name: str
    operator: str
    value: str
    _search: Callable[[str], bool] | None = field(default=None, compare=False, repr=False)

    def fits(self, labels: Labels) -> bool:
        value = labels.get(self.name, "")
        found = value == self.value if self._search is None else self._search(value)
        return found != self.operator.startswith("!")

    def __str__(self) -> str:
        escaped = self.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{self.name}{self.operator}"{escaped}"'


@dataclass(frozen=True, slots=True)
class Matchers:
    """All of them have to fit; none fits everything."""

    all: tuple[Matcher, ...] = ()

    def fit(self, labels: Labels) -> bool:
        return all(matcher.fits(labels) for matcher in self.all)

    def __str__(self) -> str:
        return "{" + ", ".join(map(str, self.all)) + "}"


def parse_matcher(text: str) -> Matcher:
    """ValueError says what is accepted."""
    match = _WRITTEN.fullmatch(text) if len(text) <= MAX_CHARS else None
    if match is None:
        raise ValueError('is no matcher, as in namespace="shop", severity=~"critical|high", team!="x"')
    name, operator, quoted, plain = match.groups()
    value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    return Matcher(name, operator, value, searcher(rf"\A(?:{value})\z") if "~" in operator else None)


def parse_matchers(texts: Iterable[str]) -> Matchers:
    return Matchers(tuple(parse_matcher(text) for text in texts))


def exactly(labels: Labels) -> tuple[str, ...]:
    """What only alerts with these labels fit, as it is written."""
    return tuple(str(Matcher(name, "=", value)) for name, value in sorted(labels.items()))
