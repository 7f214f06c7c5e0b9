"""Rules that come with the product: every problem of the catalogue is one, ready to be switched on and tuned."""

from __future__ import annotations

from typing import Any

from eventcenter.alerts.rule import MINUTE, Kind, Rule
from eventcenter.rules import Problem, catalogue_entries, matcher, speaks_of_message
from eventcenter.settingtypes import show_duration

_GROUPS = {"cluster": "instance"}
"""The catalogue's word for what we call an instance."""


def built_in_rules() -> dict[str, Rule]:
    """By id, in the catalogue's order."""
    return {problem.id: _rule(problem) for problem in catalogue_entries()}


def _rule(problem: Problem) -> Rule:
    absent = problem.match.absent
    window = problem.threshold.window_seconds * 1000
    return Rule(
        name=problem.id,
        kind=Kind.ABSENCE if absent else Kind.EVENT,
        severity=problem.severity,
        titles={"en": problem.title_en, "zh": problem.title_zh},
        problem=problem.id if problem.match.reason or speaks_of_message(problem.match) else "",
        test=None if absent else matcher(problem.match),
        reasons=tuple(problem.match.reason),
        count=max(1, problem.threshold.count),
        within=window,
        group_by=_group_by(problem),
        quiet=max(30 * MINUTE, window),
        resolve_on=tuple((end.reason, end.kind) for end in problem.resolve_on),
        refines=problem.refines,
        labels={"category": problem.category},
        annotations={"note": problem.note} if problem.note else {},
        enabled=problem.default_enabled,
        origin="catalogue",
    )


def _group_by(problem: Problem) -> tuple[str, ...]:
    """Pods go by their workload: fifty Pods of a Deployment are one alert that names them."""
    groups = tuple(_GROUPS.get(name, name) for name in problem.group_by)
    if "name" in groups and "kind" in groups:
        return (*(name for name in groups if name not in ("kind", "name")), "workload")
    return groups


def shape(rule: Rule) -> dict[str, Any]:
    """A rule as people read and write it."""
    written: dict[str, Any] = {"name": rule.name, "title": dict(rule.titles), "severity": rule.severity}
    if rule.problem:
        written["problem"] = rule.problem
    if rule.search_text:
        written["search"] = rule.search_text
    if rule.kind is Kind.ABSENCE:
        written["absent_for"] = show_duration(rule.within)
    else:
        written |= {
            "count": rule.count,
            "within": show_duration(rule.within),
            "group_by": list(rule.group_by),
        }
    if rule.pending:
        written["for"] = show_duration(rule.pending)
    if rule.resolve_on:
        written["resolve_on"] = [f"{kind}/{reason}" if kind else reason for reason, kind in rule.resolve_on]
    written |= {"quiet": show_duration(rule.quiet), "enabled": rule.enabled}
    if rule.refines:
        written["refines"] = rule.refines
    return written | {
        name: dict(value)
        for name, value in (("labels", rule.labels), ("annotations", rule.annotations))
        if value
    }
