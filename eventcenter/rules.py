"""The catalogue of problems: what an event means beyond its level. Pure; `data/catalogue.json` holds the
entries.

Kubernetes' own type is no severity (NodeNotReady is Normal), so every event that matches an entry carries the
entry's id as `problem`, and the overview counts occurrences of severe problems as errors."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

from eventcenter.model import Event

Severity = Literal["critical", "high", "medium", "low", "info"]

ERROR_SEVERITIES: frozenset[str] = frozenset({"critical", "high"})


class Match(msgspec.Struct, frozen=True):
    """Every key that is given must hold; each list is an OR. Substrings ignore case and may stand
    anywhere."""

    reason: list[str] = []
    kind: list[str] = []
    type: list[str] = []
    namespace: list[str] = []
    name_regex: str = ""
    message_regex: str = ""
    message_contains: list[str] = []
    message_not_contains: list[str] = []
    absent: bool = False
    """The entry is about an event that is missing: no event ever matches."""


class Problem(msgspec.Struct, frozen=True):
    """One entry. `refines` names the more general entry that this one takes the place of."""

    id: str
    title_en: str
    title_zh: str
    category: str
    match: Match
    severity: Severity
    default_enabled: bool = False
    refines: str = ""


class Catalogue:
    """Finds the problem of an event: the most specific entry that matches and is enabled by default."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = {problem.id: problem for problem in problems}
        self._by_reason: dict[str, list[Problem]] = defaultdict(list)
        usable = [
            problem
            for problem in self.problems.values()
            if problem.default_enabled and (problem.match.reason or _speaks_of_message(problem.match))
        ]
        usable.sort(key=self._specificity, reverse=True)
        self._any_reason = [problem for problem in usable if not problem.match.reason]
        for reason in {reason for problem in usable for reason in problem.match.reason}:
            self._by_reason[reason] = [
                problem for problem in usable if not problem.match.reason or reason in problem.match.reason
            ]

    def _specificity(self, problem: Problem) -> tuple[int, bool, int]:
        """Depth of `refines`; then what the message says counts for more than reason and kind; then how much
        is said."""
        depth, general = 0, problem.refines
        while general in self.problems and depth < len(self.problems):
            depth, general = depth + 1, self.problems[general].refines
        return depth, _speaks_of_message(problem.match), _conditions(problem.match)

    def classify(self, event: Event) -> str:
        """Id of the problem, '' for none. The everyday Normal event of a reason that no entry names costs one
        look-up."""
        candidates = self._by_reason.get(event.reason)
        if candidates is None:
            if event.level == "Normal":
                return ""
            candidates = self._any_reason
        for problem in candidates:
            if matches(problem.match, event):
                return problem.id
        return ""

    def with_severity(self, severities: frozenset[str]) -> frozenset[str]:
        return frozenset(problem.id for problem in self.problems.values() if problem.severity in severities)


def _conditions(match: Match) -> int:
    return sum(bool(getattr(match, name)) for name in match.__struct_fields__)


def _speaks_of_message(match: Match) -> bool:
    return bool(match.message_regex or match.message_contains)


def matches(match: Match, event: Event) -> bool:
    """Whether all conditions of `match` hold for `event`."""
    if match.absent or not _conditions(match):
        return False
    for accepted, value in (
        (match.reason, event.reason),
        (match.kind, event.kind),
        (match.type, event.level),
        (match.namespace, event.namespace),
    ):
        if accepted and value not in accepted:
            return False
    return _texts_match(match, event)


def _texts_match(match: Match, event: Event) -> bool:
    if match.name_regex and not _compiled(match.name_regex).search(event.name):
        return False
    if match.message_regex and not _compiled(match.message_regex).search(event.message):
        return False
    if not (match.message_contains or match.message_not_contains):
        return True
    message = event.message.lower()
    if match.message_contains and not any(part.lower() in message for part in match.message_contains):
        return False
    return not any(part.lower() in message for part in match.message_not_contains)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def built_in() -> Catalogue:
    """The product's own catalogue."""
    data = (resources.files("eventcenter") / "data" / "catalogue.json").read_bytes()
    return Catalogue(msgspec.json.decode(data, type=list[Problem]))
