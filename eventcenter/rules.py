"""The catalogue of problems: what an event means beyond its level. Pure; `data/catalogue.json` holds the
entries.

Kubernetes' own type is no severity (NodeNotReady is Normal), so every event that matches an entry carries the
entry's id as `problem`, and the overview counts occurrences of severe problems as errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib import resources
from typing import Literal, get_args

import msgspec

from eventcenter.model import Event

Severity = Literal["critical", "high", "medium", "low", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The worst first."""

MAX_CHARS = 16_384
"""Of a message; what follows says nothing about the problem, and 1.5 MB of anything would hold up the writer."""

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


class Threshold(msgspec.Struct, frozen=True):
    """So many occurrences within so long are worth an alert."""

    count: int = 1
    window_seconds: int = 300


class End(msgspec.Struct, frozen=True):
    """An event on the same object that says that the problem is over."""

    reason: str
    kind: str = ""


class Example(msgspec.Struct, frozen=True):
    """An event that the entry is about."""

    reason: str = ""
    kind: str = ""
    type: str = "Warning"
    message: str = ""
    component: str = ""
    namespace: str = ""
    name: str = ""


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
    threshold: Threshold = Threshold()
    group_by: list[str] = []
    resolve_on: list[End] = []
    note: str = ""
    example: Example | None = None


_Candidate = tuple[str, Callable[[Event], bool]]
"""Id of an entry and its test."""


class Catalogue:
    """Finds the problem of an event: the most specific entry that matches and is enabled by default."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = {problem.id: problem for problem in problems}
        self._by_reason: dict[str, list[_Candidate]] = {}
        usable = [
            problem
            for problem in self.problems.values()
            if problem.default_enabled and (problem.match.reason or speaks_of_message(problem.match))
        ]
        usable.sort(key=self._specificity, reverse=True)
        candidates = [(problem.match.reason, (problem.id, matcher(problem.match))) for problem in usable]
        self._any_reason = [candidate for reasons, candidate in candidates if not reasons]
        for reason in {reason for reasons, _ in candidates for reason in reasons}:
            self._by_reason[reason] = [
                candidate for reasons, candidate in candidates if not reasons or reason in reasons
            ]

    def _specificity(self, problem: Problem) -> tuple[int, bool, int]:
        """Depth of `refines`; then what the message says counts for more than reason and kind; then how much
        is said."""
        depth, general = 0, problem.refines
        while general in self.problems and depth < len(self.problems):
            depth, general = depth + 1, self.problems[general].refines
        return depth, speaks_of_message(problem.match), _conditions(problem.match)

    def classify(self, event: Event) -> str:
        """Id of the problem, '' for none. The everyday Normal event of a reason that no entry names costs one
        look-up."""
        candidates = self._by_reason.get(event.reason)
        if candidates is None:
            if event.level == "Normal":
                return ""
            candidates = self._any_reason
        for problem, fits in candidates:
            if fits(event):
                return problem
        return ""

    def with_severity(self, severities: frozenset[str]) -> frozenset[str]:
        return frozenset(problem.id for problem in self.problems.values() if problem.severity in severities)


def _conditions(match: Match) -> int:
    return sum(bool(getattr(match, name)) for name in match.__struct_fields__)


def speaks_of_message(match: Match) -> bool:
    return bool(match.message_regex or match.message_contains)


def matcher(match: Match) -> Callable[[Event], bool]:
    """A test of all conditions of `match`, made once because it runs for every event."""
    if match.absent or not _conditions(match):
        return lambda event: False
    reasons, kinds, types, namespaces = map(
        frozenset, (match.reason, match.kind, match.type, match.namespace)
    )
    texts = _text_matcher(match)

    def fits(event: Event) -> bool:
        return (
            (not reasons or event.reason in reasons)
            and (not kinds or event.kind in kinds)
            and (not types or event.level in types)
            and (not namespaces or event.namespace in namespaces)
            and texts(event)
        )

    return fits


def _text_matcher(match: Match) -> Callable[[Event], bool]:
    name = re.compile(match.name_regex).search
    message = re.compile(match.message_regex).search
    wanted = [part.lower() for part in match.message_contains]
    unwanted = [part.lower() for part in match.message_not_contains]

    def fits(event: Event) -> bool:
        text = event.message[:MAX_CHARS]
        if (match.name_regex and not name(event.name)) or (match.message_regex and not message(text)):
            return False
        if not wanted and not unwanted:
            return True
        text = text.lower()
        if wanted and not any([part in text for part in wanted]):
            return False
        return not any([part in text for part in unwanted])

    return fits


@cache
def catalogue_entries() -> tuple[Problem, ...]:
    """All that the product knows, also what is off by default."""
    data = (resources.files("eventcenter") / "data" / "catalogue.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[Problem, ...])


@cache
def built_in() -> Catalogue:
    """The product's own catalogue."""
    return Catalogue(catalogue_entries())
