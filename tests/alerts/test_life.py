"""When an alert begins, fires and ends: by hand, and by random histories."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventcenter.alerts.counting import BUCKETS, Window
from eventcenter.alerts.judging import Judge
from eventcenter.alerts.life import Lives, State, Step
from eventcenter.alerts.rule import MINUTE, Kind, Rule
from eventcenter.model import Event, StoredChange
from eventcenter.search import parse_search

T = 1_795_435_200_000
KEY = (("workload", "web"),)


def rule(**given: Any) -> Rule:
    return Rule(
        **{"name": "r", "kind": Kind.EVENT, "severity": "high", "count": 3, "within": 10 * MINUTE} | given
    )


def steps(lives: Lives, time: int, occurrences: int = 1, name: str = "web-1") -> list[Step]:
    told = lives.occurred(KEY, time, occurrences, name=name, message="m", seq=1)
    return [step for step, _ in told]


def test_it_takes_so_many_occurrences_within_the_time() -> None:
    lives = Lives(rule())
    assert steps(lives, T) == []
    assert steps(lives, T + 20 * MINUTE, 2) == []
    assert steps(lives, T + 21 * MINUTE) == [Step.BEGAN, Step.FIRED]
    alert = lives.alerts[KEY]
    assert (alert.state, alert.occurrences, alert.fired) == (State.FIRING, 3, T + 21 * MINUTE)


def test_one_event_that_is_counted_up_is_enough() -> None:
    assert steps(Lives(rule()), T, 3) == [Step.BEGAN, Step.FIRED]


def test_for_a_while_first() -> None:
    lives = Lives(rule(count=1, pending=5 * MINUTE, quiet=10 * MINUTE))
    assert steps(lives, T) == [Step.BEGAN]
    assert steps(lives, T + 4 * MINUTE) == []
    assert [step for step, _ in lives.tick(T + 5 * MINUTE)] == [Step.FIRED]
    assert lives.alerts[KEY].fired == T + 5 * MINUTE


def test_what_is_over_before_it_fired_was_nothing() -> None:
    lives = Lives(rule(count=1, pending=5 * MINUTE))
    steps(lives, T)
    assert [step for step, _ in lives.ended(KEY, T + MINUTE, "NodeReady")] == [Step.PASSED]
    assert lives.alerts == {}


def test_quiet_ends_it_at_the_time_when_it_became_quiet() -> None:
    lives = Lives(rule(count=1, quiet=30 * MINUTE))
    steps(lives, T)
    ((step, alert),) = lives.tick(T + 10 * 60 * MINUTE)
    assert (step, alert.resolved) == (Step.RESOLVED, T + 30 * MINUTE)


def test_an_end_that_came_before_the_newest_occurrence_ends_nothing() -> None:
    lives = Lives(rule(count=1))
    steps(lives, T)
    assert lives.ended(KEY, T - MINUTE, "NodeReady") == []


def test_many_names_are_counted() -> None:
    lives = Lives(rule(count=1))
    for number in range(80):
        steps(lives, T + number, name=f"web-{number}")
    alert = lives.alerts[KEY]
    assert (len(alert.names), alert.unnamed, alert.occurrences) == (50, 30, 80)


times = st.lists(st.tuples(st.integers(0, 120 * MINUTE), st.integers(1, 5)), max_size=60)


@given(times, st.integers(1, 6))
def test_against_counting_by_hand(history: list[tuple[int, int]], count: int) -> None:
    """Never fires with fewer than asked, always with as many; between the two lies a bucket of the window."""
    window = Window(10 * MINUTE)
    seen: list[tuple[int, int]] = []
    for time, occurrences in sorted(history):
        seen.append((time, occurrences))
        found = window.add(time, occurrences)
        exact = sum(n for at, n in seen if at > time - 10 * MINUTE)
        more = sum(n for at, n in seen if at > time - 10 * MINUTE * (1 + 2 / BUCKETS))
        assert exact <= found <= more


happenings = st.lists(st.tuples(st.sampled_from(["occur", "end", "tick"]), st.integers(0, 40)), max_size=80)


@given(happenings, st.integers(0, 15))
def test_no_life_skips_a_step(history: list[tuple[str, int]], pending: int) -> None:
    """Began, then fired or passed, then resolved; at most one alert a key; times in order."""
    lives = Lives(rule(count=2, pending=pending * MINUTE, quiet=20 * MINUTE))
    now, told = T, []
    for what, minutes in history:
        now += minutes * MINUTE
        if what == "occur":
            found = lives.occurred(KEY, now, 1, name="web-1", message="", seq=0)
        elif what == "end":
            found = lives.ended(KEY, now, "over")
        else:
            found = lives.tick(now)
        told += [(step, alert.since, alert.fired, alert.resolved) for step, alert in found]
    allowed = {None: {Step.BEGAN}, Step.BEGAN: {Step.FIRED, Step.PASSED}, Step.FIRED: {Step.RESOLVED}}
    before = None
    for step, since, at, resolved in told:
        assert step in allowed.get(before, {Step.BEGAN})
        if step is Step.FIRED:
            assert at == since + pending * MINUTE
        if step is Step.RESOLVED:
            assert resolved is not None and at is not None and resolved >= at
        before = step


def event(minute: int, **given: Any) -> StoredChange:
    fields = {"uid": str(minute), "level": "Warning", "kind": "Pod", "name": "web-1", "reason": "BackOff"}
    return StoredChange(Event(**fields | {"first_time": T, "last_time": T + minute * MINUTE} | given), 1)


def test_an_absence_fires_when_nothing_came_and_ends_when_something_does() -> None:
    absence = rule(kind=Kind.ABSENCE, within=30 * MINUTE, group_by=(), search=parse_search("reason:Backup"))
    judge = Judge([absence])
    assert judge.tick(T) == []
    assert judge.see(event(10, reason="Backup")) == []
    assert judge.see(event(20)) == []
    assert [step for step, _ in judge.tick(T + 39 * MINUTE)] == []
    assert [step for step, _ in judge.tick(T + 41 * MINUTE)] == [Step.BEGAN, Step.FIRED]
    assert judge.tick(T + 400 * MINUTE) == []
    assert [step for step, _ in judge.see(event(500, reason="Backup"))] == [Step.RESOLVED]


def test_the_opposite_event_ends_it() -> None:
    lost = dataclasses.replace(
        rule(count=1, search=parse_search("reason:NodeNotReady"), group_by=("node",)),
        resolve_on=(("NodeReady", "Node"),),
    )
    judge = Judge([lost])
    down = event(0, kind="Node", name="n1", reason="NodeNotReady")
    assert [step for step, _ in judge.see(down)] == [Step.BEGAN, Step.FIRED]
    assert judge.see(event(1, kind="Node", name="n2", reason="NodeReady")) == []
    assert [step for step, _ in judge.see(event(2, kind="Node", name="n1", reason="NodeReady"))] == [
        Step.RESOLVED
    ]
