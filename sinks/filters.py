"""Which events a sink takes: kube-eventer's filters, what its users missed in them, and any search expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from eventcenter.errors import QuerySyntaxError
from eventcenter.model import Event
from eventcenter.patterns import searcher
from eventcenter.search import Node, matches, needs_raw, parse_search

CLUSTER_SCOPED = "(cluster)"
"""Among `namespaces`: objects that lie in none, such as nodes."""

Test = Callable[[Event], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """All of `tests` must hold, and the search expressions."""

    tests: tuple[Test, ...] = ()
    wanted: Node | None = None
    unwanted: Node | None = None

    @property
    def needs_raw(self) -> bool:
        """Whether the expressions ask for paths of the raw object."""
        return any(tree is not None and needs_raw(tree) for tree in (self.wanted, self.unwanted))

    def accepts(self, event: Event, raw: Mapping[str, Any]) -> bool:
        return (
            all([test(event) for test in self.tests])
            and (self.wanted is None or matches(self.wanted, event, raw))
            and (self.unwanted is None or not matches(self.unwanted, event, raw))
        )


def make_filter(options: Mapping[str, Any], *, regex_namespaces: bool = False) -> Filter:
    """Of the options in `common.COMMON`. ValueError naming the option that is wrong."""
    tests: list[Test] = []
    if options["level"] == "Warning":
        tests.append(lambda event: event.level == "Warning")
    elif options["level"] == "problem":
        tests.append(lambda event: event.level == "Warning" or bool(event.problem))
    for name, wanted in (("namespaces", True), ("exclude_namespaces", False)):
        if given := options[name]:
            in_namespaces = _in_namespaces(name, given, regex=regex_namespaces)
            tests.append(in_namespaces if wanted else _not(in_namespaces))
    if kinds := frozenset(options["kinds"]):
        tests.append(lambda event: event.kind in kinds)
    if unwanted_kinds := frozenset(options["exclude_kinds"]):
        tests.append(lambda event: event.kind not in unwanted_kinds)
    for name, wanted in (("reason", True), ("exclude_reason", False)):
        if patterns := options[name]:
            with_reason = _with_reason(name, patterns)
            tests.append(with_reason if wanted else _not(with_reason))
    return Filter(tuple(tests), _tree("q", options["q"]), _tree("exclude", options["exclude"]))


def _not(test: Test) -> Test:
    return lambda event: not test(event)


def _in_namespaces(option: str, given: tuple[str, ...], *, regex: bool) -> Test:
    cluster_scoped = CLUSTER_SCOPED in given
    names = frozenset(given) - {CLUSTER_SCOPED}
    if not regex:
        return lambda event: event.namespace in names or (cluster_scoped and not event.namespace)
    found = [_searcher(option, name) for name in sorted(names)]
    return lambda event: (
        any(search(event.namespace) for search in found)
        if event.namespace
        else cluster_scoped or any(search("default") for search in found)  # where Kubernetes puts such events
    )


def _with_reason(option: str, patterns: tuple[str, ...]) -> Test:
    found = [_searcher(option, pattern) for pattern in patterns]
    return lambda event: any(search(event.reason) for search in found)


def _searcher(option: str, pattern: str) -> Callable[[str], bool]:
    try:
        return searcher(pattern)
    except ValueError as error:
        raise ValueError(f"{option}: {pattern!r:.80} {error}") from None


def _tree(option: str, expression: str | None) -> Node | None:
    if not expression:
        return None
    try:
        return parse_search(expression)
    except QuerySyntaxError as error:
        raise ValueError(f"{option}: {error}") from None
