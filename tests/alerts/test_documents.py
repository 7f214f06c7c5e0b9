"""Rules as people write them: what they change and add, and everything that can be wrong told at once."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eventcenter.alerts.catalogue import built_in_rules, shape
from eventcenter.alerts.documents import read_rules
from eventcenter.alerts.rule import Kind
from eventcenter.errors import ConfigError


def test_a_rule_of_the_catalogue_is_tuned() -> None:
    before = built_in_rules()["node-not-ready"]
    after = read_rules([{"name": "node-not-ready", "for": "2m", "severity": "high"}])["node-not-ready"]
    assert (after.pending, after.severity, after.origin) == (120_000, "high", "settings")
    assert (after.problem, after.resolve_on) == (before.problem, before.resolve_on)


def test_a_rule_of_ones_own() -> None:
    rules = read_rules(
        [
            {
                "name": "payments",
                "title": {"en": "Payments fails", "zh": "支付失败"},
                "search": "namespace:payments and level:Warning",
                "count": 20,
                "within": "10m",
                "group_by": ["workload"],
                "resolve_on": ["Node/NodeReady", "Healthy"],
                "labels": {"team": "shop"},
            },
            {"name": "backups", "search": "reason:Backup", "absent_for": "1d"},
        ]
    )
    payments = rules["payments"]
    assert (payments.title("zh"), payments.count, payments.within) == ("支付失败", 20, 600_000)
    assert payments.resolve_on == (("NodeReady", "Node"), ("Healthy", ""))
    assert rules["backups"].kind is Kind.ABSENCE
    assert len(rules) == len(built_in_rules()) + 2


def test_every_mistake_is_told() -> None:
    with pytest.raises(ConfigError) as failed:
        read_rules(
            [
                {"name": "a", "serch": "x"},
                {"name": "B"},
                {"name": "c", "search": "(("},
                {
                    "name": "d",
                    "search": "x",
                    "count": 0,
                    "within": "soon",
                    "severity": "bad",
                    "group_by": ["pod"],
                },
                "e",
                {"name": "f"},
                {"name": "g", "problem": "pod-oom-kiled"},
                {"name": "h", "search": "x", "refines": "nothing"},
                {"name": "i", "search": "x"},
                {"name": "i", "search": "y"},
            ],
            "rules.yaml",
        )
    lines = str(failed.value).splitlines()
    for part in (
        "rule 1 (a): 'serch' is not known. Did you mean search?",
        "rule 2: name: 'B' is not 1 to 100 lower-case letters",
        "rule 3 (c): search: ",
        "rule 4 (d): count: 0 is not a whole number from 1",
        "rule 4 (d): within: 'soon' is not a time",
        "rule 4 (d): severity: 'bad' is not one of critical",
        "rule 4 (d): group_by: ['pod'] is not a list of",
        "rule 5 is not a mapping",
        "rule 6 (f) says neither `search` nor `problem`",
        "Did you mean pod-oom-killed?",
        "h refines 'nothing', which there is not",
        "two rules with the name i",
    ):
        assert any(part in line and line.startswith("rules.yaml: ") for line in lines), part


@pytest.mark.parametrize("name", ["node-not-ready", "pod-crash-loop", "no-events"])
def test_what_is_shown_can_be_used(name: str) -> None:
    rule = built_in_rules()[name]
    again = read_rules(yaml.safe_load(yaml.safe_dump([shape(rule)])))[name]
    for field in (
        "kind",
        "severity",
        "problem",
        "count",
        "within",
        "group_by",
        "resolve_on",
        "quiet",
        "enabled",
    ):
        assert getattr(again, field) == getattr(rule, field), field


anything: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["name", "title", "search", "count", "within", "for", "group_by", "labels", "resolve_on"]
)


@given(st.lists(anything | st.dictionaries(keys, anything), max_size=3))
def test_nothing_that_yaml_can_say_breaks_it(documents: list[Any]) -> None:
    try:
        read_rules(documents)
    except ConfigError as error:
        assert str(error)
