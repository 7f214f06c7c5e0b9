"""What results of plugins come to: the five transitions of a condition, and events."""

from __future__ import annotations

from typing import Any

import pytest

from npd.config import PluginConfig
from npd.config.model import PluginRule
from npd.monitors.plugin_rules import Outcome, PluginRules, Result
from tests.npd.cases import Case, cases_of, config_of
from tests.npd.monitors.making import plugin_config


def made(case: Case) -> PluginRules:
    config = config_of(case)
    assert isinstance(config, PluginConfig)
    return PluginRules(config, 0.0)


def rule_of(step: dict[str, Any]) -> PluginRule:
    permanent = step["rule_type"] == "permanent"
    return PluginRule(step["reason"], "/x", permanent=permanent, condition=step.get("condition", ""))


@cases_of("plugin-state", mode="plugin_results")
def test_sample_cases(case: Case) -> None:
    rules = made(case)
    for number, step in enumerate(case["input"]["steps"]):
        events = rules.apply(rule_of(step), Result(Outcome(step["result"]), step["message"]), 1.0 + number)
        expected = [each for each in case["expected"] if each["step"] == number]
        wanted = [each for each in expected if each["kind"] == "event"]
        assert [(each.severity, each.reason) for each in events] == [
            (each["type"], each["reason"]) for each in wanted
        ]
        assert all(
            want["message_substring"] in event.message for want, event in zip(wanted, events, strict=True)
        )
        for want in (each for each in expected if each["kind"] == "condition"):
            stands = rules.conditions[want["type"]]
            assert (stands.status, stands.reason) == (want["status"], want["reason"])
            assert want["message_substring"] in stands.message


@pytest.mark.parametrize(
    ("outcome", "switch", "told"),
    [
        (Outcome.OK, False, False),
        (Outcome.NON_OK, False, True),
        (Outcome.UNKNOWN, False, False),
        (Outcome.UNKNOWN, True, True),
    ],
)
def test_temporary_rules(outcome: Outcome, switch: bool, told: bool) -> None:
    config = plugin_config(pluginConfig={"unknown_is_problem": switch})
    events = PluginRules(config, 0.0).apply(PluginRule("R", "/x"), Result(outcome, "100% full"), 3.0)
    assert [(each.reason, each.message, each.time) for each in events] == [("R", "100% full", 3.0)] * told


DECLARED = {"type": "C", "reason": "Ok", "message": "fine"}


@pytest.mark.parametrize("first", list(Outcome))
@pytest.mark.parametrize("second", list(Outcome))
def test_all_transitions(first: Outcome, second: Outcome) -> None:
    rules = PluginRules(plugin_config(conditions=[DECLARED]), 0.0)
    rule = PluginRule("Bad", "/x", permanent=True, condition="C")
    rules.apply(rule, Result(first, "1"), 1.0)
    events = rules.apply(rule, Result(second, "2"), 2.0)
    assert len(events) == (first is not second)
    stands = rules.conditions["C"]
    assert stands.status == {"OK": "False", "NonOK": "True", "Unknown": "Unknown"}[second]
    assert stands.reason == ("Bad" if second is Outcome.NON_OK else "Ok")
    if first is not second:
        assert stands.message == ("fine" if second is Outcome.OK else "2")
        assert stands.since == 2.0
