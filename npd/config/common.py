"""What log monitors and plugin monitors have in common in their files: declared conditions, types of rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

from npd.config.model import DeclaredCondition, Recheck
from npd.config.patterns import BadPattern, RulePattern, rule_pattern
from npd.config.reading import Section


def read_pattern(section: Section, key: str) -> RulePattern | None:
    text = section.text(key)
    try:
        return rule_pattern(text)
    except BadPattern as error:
        section.wrong(key, f"{text!r}: {error}")
        return None


def read_conditions(top: Section) -> tuple[DeclaredCondition, ...]:
    found: dict[str, DeclaredCondition] = {}
    for section in top.sections("conditions", "type"):
        condition = _read_condition(section)
        if not condition.type:
            section.wrong("type", "is missing; a condition needs a name, as in KernelDeadlock")
        elif condition.type in found:
            section.findings.warn(section.at("type"), f"{condition.type} is declared twice; the last counts")
        found[condition.type] = condition
        section.done()
    return tuple(found.values())


def _read_condition(section: Section) -> DeclaredCondition:
    recheck = section.text("recheck")
    if recheck not in get_args(Recheck):
        known = ", ".join(filter(None, get_args(Recheck)))
        section.wrong("recheck", f"{recheck!r} is not known; accepted are {known}")
    return DeclaredCondition(
        type=section.text("type"),
        reason=section.text("reason"),
        message=section.text("message"),
        clear_pattern=read_pattern(section, "clearPattern") if section.has("clearPattern") else None,
        ttl=section.duration("ttl", 0, over=0) or None,
        recheck=cast(Recheck, recheck),
        hold=section.duration("hold", 0, least=0),
    )


def read_kind(rule: Section) -> bool:
    """Whether a rule is permanent. The original takes every word but `temporary` for permanent."""
    kind = rule.text("type")
    if kind not in ("temporary", "permanent"):
        rule.findings.warn(
            rule.at("type"), f"{kind!r} is neither temporary nor permanent and is taken for permanent"
        )
    return kind != "temporary"


def warn_of_reason(rule: Section, reason: str) -> None:
    if not reason:
        rule.findings.warn(rule.at("reason"), "is missing; events without a reason are hard to find")


def declared(conditions: Sequence[DeclaredCondition]) -> str:
    """For messages."""
    return ", ".join(condition.type for condition in conditions) or "none"
