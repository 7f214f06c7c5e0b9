"""Rules make events and move conditions."""

from __future__ import annotations

import pytest

from npd.model import Severity
from npd.monitors.engine import LogEngine
from npd.monitors.texts import quoted
from tests.npd.monitors.making import condition, engine, lines, log_config, messages, rule

DECLARED = {"type": "C", "reason": "Ok", "message": "fine"}


def permanent(pattern: str, reason: str = "Bad", of: str = "C") -> dict[str, str]:
    return {"type": "permanent", "reason": reason, "condition": of, "pattern": pattern}


def test_every_rule_that_matches_fires_in_order() -> None:
    made = engine(rule("b", "B"), rule("ab", "A"), rule("x", "X"))
    assert [event.reason for event in made.feed(lines("ab"))] == ["B", "A"]


def test_a_suffix_is_added() -> None:
    made = engine(rule("a", patternGeneratedMessageSuffix="call us"))
    assert messages(made.feed(lines("a"))) == ["a; call us"]


def test_a_condition_moves_once_and_says_so() -> None:
    made = engine(permanent("bad .*"), conditions=[DECLARED])
    (event,) = made.feed(lines('bad "1"', "bad 2", start=7.0))
    assert event.severity is Severity.WARN
    assert event.message == 'Node condition C is now: True, reason: Bad, message: "bad \\"1\\""'
    (stands,) = made.status().conditions
    assert (stands.status, stands.since, stands.message) == ("True", 7.0, 'bad "1"')


def test_another_reason_is_a_change() -> None:
    made = engine(permanent("one", "R1"), permanent("two", "R2"), conditions=[DECLARED])
    assert [event.reason for event in made.feed(lines("one", "two", "two", "one"))] == ["R1", "R2", "R1"]


def test_a_rule_of_an_undeclared_condition_does_nothing() -> None:
    assert engine(permanent("a", of="Gone")).feed(lines("a")) == []


def test_a_line_clears_a_condition() -> None:
    declared = DECLARED | {"clearPattern": "good again"}
    made = engine(permanent("bad"), conditions=[declared])
    events = made.feed(lines("bad", "good again", "good again"))
    assert messages(events)[1] == 'Node condition C is now: False, reason: Ok, message: "fine"'
    assert [event.severity for event in events] == [Severity.WARN, Severity.INFO]


def test_conditions_from_before_a_restart_stand() -> None:
    made = LogEngine(log_config(permanent("bad", "R"), conditions=[DECLARED]), 9.0, [condition("C")])
    assert made.status().conditions == (condition("C"),)
    assert made.feed(lines("bad")) == []


def test_conditions_that_are_declared_no_more_are_forgotten() -> None:
    made = LogEngine(log_config(conditions=[DECLARED]), 9.0, [condition("Old")])
    assert [each.type for each in made.status().conditions] == ["C"]


def test_remembered_lines_are_told_no_more_but_belong_to_what_follows() -> None:
    made = engine(rule(r"a\nb", "Two"), rule("(?s)open.*", "Open"), bufferSize=3)
    made.remember(lines("open", "a"))
    assert [event.reason for event in made.feed(lines("b", "c"))] == ["Two"]


def test_an_added_rule_is_silent_where_the_file_has_told() -> None:
    config = log_config(rule("old words", "KernelOops"), source="kernel-monitor")
    made = LogEngine(config, 0.0)
    line = "BUG: kernel NULL pointer dereference, address: old words"
    assert [event.message for event in made.feed(lines(line))] == [line]
    assert len(made.feed(lines("BUG: kernel NULL pointer dereference, address: 0"))) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b", '"a b"'),
        ("\t\x01\x7f", r'"\t\x01\x7f"'),
        ("é中", '"é中"'),
        ("\u200b\U000e0001", r'"\u200b\U000e0001"'),
    ],
)
def test_texts_are_quoted_as_go_does(text: str, expected: str) -> None:
    assert quoted(text) == expected
