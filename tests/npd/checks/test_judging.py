"""When findings become changes: N of M, recovery, hold-down, unknown, restarts, and the original's words."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npd.checks.frame import OK, Pace, Words, bad, not_applicable, unknown
from npd.checks.judging import Judge
from npd.model import Condition

CONDITION = Words("IsBad", "Badness", "IsGood", "all is well")
EVENTS = Words("IsBad", "", "IsGood", "all is well")
EACH = Words("IsBad")
LOOKS = {"o": OK, "b": bad("5 of 4"), "u": unknown("no idea"), "n": not_applicable("no such thing")}


def taken(
    looks: str, words: Words = CONDITION, every: float = 30.0, **pace: float
) -> tuple[Judge, list[tuple[int, str]]]:
    """The judge after these looks, and (which look, severity) of each event."""
    judge = Judge(words, Pace(**pace))  # type: ignore[arg-type]
    events = [
        (at, e.severity.value) for at, look in enumerate(looks) for e in judge.take(LOOKS[look], at * every)
    ]
    return judge, events


@pytest.mark.parametrize(
    ("looks", "pace", "events"),
    [
        ("ooo", {}, []),
        ("obbo", {}, [(1, "Warning"), (3, "Normal")]),
        ("b", {}, [(0, "Warning")]),
        ("oboboo", {"bad": 3, "of": 5}, []),
        ("obobob", {"bad": 3, "of": 5}, [(5, "Warning")]),
        ("bbbbbbb", {"bad": 3, "of": 5}, [(2, "Warning")]),
        ("bobob", {"bad": 3, "of": 5, "good": 2}, [(4, "Warning")]),
        ("bbbobo", {"bad": 3, "of": 3, "good": 2}, [(2, "Warning")]),
        ("bbbobooo", {"bad": 3, "of": 3, "good": 2}, [(2, "Warning"), (6, "Normal")]),
        ("boooo", {"hold": 90}, [(0, "Warning"), (3, "Normal")]),
        ("bobobo", {"hold": 120}, [(0, "Warning"), (5, "Normal")]),
        ("obnob", {}, [(1, "Warning"), (2, "Normal"), (4, "Warning")]),
        ("nnn", {}, []),
    ],
)
def test_when_a_check_is_told_of(looks: str, pace: dict[str, float], events: list[tuple[int, str]]) -> None:
    assert taken(looks, CONDITION, **pace)[1] == events
    assert taken(looks, EVENTS, **pace)[1] == events


def test_every_bad_look_where_there_is_no_recovery() -> None:
    assert taken("obbo", EACH)[1] == [(1, "Warning"), (2, "Warning")]


def test_the_words_of_a_change_are_the_originals() -> None:
    judge = Judge(CONDITION, Pace())
    (event,) = judge.take(bad('100% of "it"'), 7.0)

    assert event.message == 'Node condition Badness is now: True, reason: IsBad, message: "100% of \\"it\\""'
    assert judge.condition == Condition("Badness", "True", 7.0, "IsBad", '100% of "it"')
    (event,) = judge.take(OK, 37.0)
    assert event.message == 'Node condition Badness is now: False, reason: IsGood, message: "all is well"'


def test_an_event_without_a_condition_keeps_its_own_text() -> None:
    judge = Judge(EVENTS, Pace())

    assert [event.message for event in judge.take(bad("90%: 901"), 0.0)] == ["90%: 901"]
    assert [event.message for event in judge.take(OK, 1.0)] == ["all is well"]


def test_unknown_is_neither_bad_nor_good() -> None:
    judge, events = taken("ouub", CONDITION, bad=2, of=2)
    assert events == [(2, "Normal")]
    assert judge.condition is not None and (judge.condition.status, judge.condition.message) == (
        "Unknown",
        "no idea",
    )
    assert taken("ouub", EVENTS, bad=2, of=2)[1] == []


def test_what_was_never_seen_has_no_condition() -> None:
    assert taken("", CONDITION)[0].condition is None
    assert taken("on", CONDITION)[0].condition is None
    assert taken("u", CONDITION, of=2)[0].condition is None


def test_a_restart_is_no_recovery() -> None:
    before = Condition("Badness", "True", 3.0, "IsBad", "5 of 4")
    judge = Judge(CONDITION, Pace(good=2), before)

    assert judge.condition == before
    assert judge.take(bad("6 of 4"), 100.0) == []
    assert judge.condition == before
    assert judge.take(OK, 130.0) == []
    assert [event.severity for event in judge.take(OK, 160.0)] == ["Normal"]
    assert judge.condition is not None and judge.condition.status == "False"


@given(st.lists(st.sampled_from("obu"), max_size=60), st.integers(1, 5), st.integers(0, 4), st.integers(1, 4))
def test_warnings_and_recoveries_take_turns(looks: list[str], least: int, more: int, good: int) -> None:
    pace = {"bad": least, "of": least + more, "good": good}
    told = [severity for _, severity in taken("".join(looks), EVENTS, **pace)[1]]

    assert all(one != following for one, following in pairwise(told))
    assert told[:1] in ([], ["Warning"])
    assert told.count("Warning") <= looks.count("b") // least
