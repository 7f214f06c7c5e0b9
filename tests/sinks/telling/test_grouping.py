"""Groups: nothing is lost from the counts, nothing is told more often than the schedule allows, a restart at any moment
changes nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sinks.group import MAX_NAMES, Group
from sinks.grouping import MAX_COARSE, MAX_GROUPS, Groups, Plan
from tests.sinks.telling.made import START, event, item

MINUTE, HOUR = 60_000, 3_600_000
OF_ANOTHER_VERSION = msgspec.msgpack.encode({"version": 2, "now": 0, "groups": []})


def only(groups: list[Group]) -> Group:
    (group,) = groups
    return group


def told_at(groups: Groups, now: int) -> Group:
    """The one group that is due, which is told."""
    group = only(groups.due(now))
    groups.told(group, now)
    return group


def test_the_first_message_waits_for_what_comes_together() -> None:
    groups = Groups(Plan())
    groups.add(item(3), START)
    groups.add(item(4), START + 4_000)
    assert groups.due(START + 4_999) == []
    assert groups.next_due(START + 4_999) == START + 5_000
    assert only(groups.due(START + 5_000)).pending == 7


def test_what_goes_on_is_told_in_growing_steps_and_the_last_one_stays() -> None:
    groups = Groups(Plan(repeat=(5 * MINUTE, 30 * MINUTE), quiet=HOUR))
    times = []
    for now in range(START, START + 4 * HOUR, 10_000):
        groups.add(item(at=now - START), now)
        for group in groups.due(now):
            groups.told(group, now)
            times.append((now - START) // MINUTE)
    assert times == [0, 5, 35, 65, 95, 125, 155, 185, 215]


def test_a_change_without_an_occurrence_tells_nothing() -> None:
    groups = Groups(Plan())
    groups.add(item(0), START)
    assert len(groups) == 0 and groups.next_due(START) is None


def test_what_becomes_worse_does_not_wait_for_its_step() -> None:
    groups = Groups(Plan())
    groups.add(item(reason="Failed"), START)
    told_at(groups, START + 5_000)
    groups.add(item(reason="Failed"), START + 10_000)
    assert groups.due(START + 16_000) == []
    groups.add(item(reason="Failed", problem="pod-oom-killed"), START + 20_000)
    assert told_at(groups, START + 20_000).severity == "high"
    groups.add(item(reason="Failed", problem="pod-oom-killed"), START + 30_000)
    assert groups.next_due(START + 30_000) == START + 20_000 + 30 * MINUTE


def test_what_comes_after_quiet_is_new() -> None:
    groups = Groups(Plan())
    groups.add(item(), START)
    told_at(groups, START + 5_000)
    later = START + HOUR + 1
    groups.add(item(2, at=HOUR + 1), later)
    group = told_at(groups, later + 5_000)
    assert (group.told, group.total, group.since) == (0, 2, later)


def test_what_is_left_when_it_gets_quiet_is_told_then_and_not_at_the_next_step() -> None:
    groups = Groups(Plan(repeat=(5 * MINUTE, 24 * HOUR), quiet=HOUR))
    groups.add(item(), START)
    told_at(groups, START + 5_000)
    groups.add(item(), START + 10 * MINUTE)
    told_at(groups, START + 11 * MINUTE)
    groups.add(item(3), START + 12 * MINUTE)
    assert groups.next_due(START + 12 * MINUTE) == START + 12 * MINUTE + HOUR
    last = told_at(groups, START + 12 * MINUTE + HOUR)
    assert last.over and last.pending == 3
    assert len(groups) == 0


def test_the_end_is_told_to_systems_that_close_what_they_opened() -> None:
    groups = Groups(Plan(ends=True))
    groups.add(item(), START)
    told_at(groups, START + 5_000)
    end = groups.next_due(START + 5_000)
    assert end == START + HOUR
    assert told_at(groups, end).over
    assert groups.next_due(end) is None and len(groups) == 0


def test_others_hear_nothing_of_an_end_that_brings_nothing_new() -> None:
    groups = Groups(Plan())
    groups.add(item(), START)
    told_at(groups, START + 5_000)
    assert groups.due(START + HOUR) == [] and len(groups) == 0


def test_ready_ends_not_ready_of_the_same_node_after_the_first_step() -> None:
    groups = Groups(Plan(ends=True))
    for name in ("node-a", "node-b"):
        groups.add(item(name=name, kind="Node", namespace="", reason="NodeNotReady"), START)
    for group in groups.due(START + 5_000):
        groups.told(group, START + 5_000)
    groups.ended(event("node-a", "NodeReady", kind="Node", namespace=""), START + 6_000)
    assert groups.due(START + 6_000) == []
    over = told_at(groups, START + 6_000 + 5 * MINUTE)
    assert over.over and over.newest.name == "node-a"


def test_an_end_of_before_the_newest_occurrence_ends_nothing() -> None:
    groups = Groups(Plan(ends=True))
    groups.add(item(at=2_000, name="node-a", kind="Node", namespace="", reason="NodeNotReady"), START)
    ready = event("node-a", "NodeReady", kind="Node", namespace="", last_time=START + 1_000)
    groups.ended(ready, START)
    told_at(groups, START + 5_000)
    assert groups.next_due(START + 5_000) == START + HOUR


def test_a_node_that_flaps_is_one_thing_and_told_in_growing_steps() -> None:
    groups = Groups(Plan())
    told = 0
    for now in range(START, START + HOUR, 20_000):
        groups.add(item(at=now - START, name="node-a", kind="Node", namespace="", reason="NodeNotReady"), now)
        ready = event("node-a", "NodeReady", kind="Node", namespace="", last_time=now + 10_000)
        groups.ended(ready, now + 10_000)
        for group in groups.due(now + 10_000):
            groups.told(group, now + 10_000)
            told += 1
    assert told == 3  # at once, after 5 and after 35 minutes


def test_ready_of_one_node_does_not_end_what_is_about_several() -> None:
    groups = Groups(Plan(group_by="reason", ends=True))
    for name in ("node-a", "node-b"):
        groups.add(item(name=name, kind="Node", namespace="", reason="NodeNotReady"), START)
    told_at(groups, START + 5_000)
    groups.ended(event("node-b", "NodeReady", kind="Node", namespace=""), START + 6_000)
    assert groups.next_due(START + 6_000) == START + HOUR


@pytest.mark.parametrize(
    ("group_by", "expected"), [("object", 5), ("workload", 3), ("reason", 2)], ids=lambda value: str(value)
)
def test_what_is_told_together(group_by: str, expected: int) -> None:
    groups = Groups(Plan(group_by=group_by))
    for name, reason in (
        ("checkout-7c5ddbdf54-x2k9p", "BackOff"),
        ("checkout-7c5ddbdf54-b8dqz", "BackOff"),
        ("checkout-7c5ddbdf54-b8dqz", "Unhealthy"),
        ("db-0", "BackOff"),
        ("db-1", "BackOff"),
    ):
        groups.add(item(name=name, reason=reason), START)
    assert len(groups.due(START + 5_000)) == expected


def test_the_most_severe_comes_first_then_what_has_waited_longest() -> None:
    groups = Groups(Plan())
    groups.add(item(name="a", reason="Odd", level="Normal"), START)
    groups.add(item(name="b", reason="FailedMount"), START)
    groups.add(item(name="c", reason="FailedMount"), START + 1)
    groups.add(item(name="n", kind="Node", reason="NodeNotReady", problem="node-not-ready"), START + 2)
    assert [group.newest.name for group in groups.due(START + 6_000)] == ["n", "b", "c", "a"]


def test_too_many_groups_become_coarser_and_lose_nothing() -> None:
    groups = Groups(Plan(group_by="object"))
    count = MAX_GROUPS + 3 * MAX_COARSE
    for number in range(count):
        groups.add(item(name=f"pod-x{number}", namespace=f"ns-{number // 2}"), START)
    assert len(groups) <= MAX_GROUPS + MAX_COARSE + 1
    assert sum(group.pending for group in groups.due(START + 5_000)) == count == groups.pending


def test_a_group_keeps_some_names_and_counts_the_others() -> None:
    groups = Groups(Plan(group_by="reason"))
    for number in range(MAX_NAMES + 10):
        groups.add(item(2, name=f"pod-x{number}"), START)
    group = only(groups.due(START + 5_000))
    assert len(group.names) == MAX_NAMES and group.unnamed == 20


def test_what_comes_while_a_message_is_sent_stays_to_be_told() -> None:
    groups = Groups(Plan())
    groups.add(item(2, name="db-0"), START)
    group = only(groups.due(START + 5_000))
    groups.add(item(3, name="db-1"), START + 5_500)
    groups.told(group, START + 6_000)
    assert groups.pending == 3
    assert only(groups.due(START + 10 * MINUTE)).names == {"db-1": 3}


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    groups = Groups(Plan())
    groups.add(item(), START)
    told_at(groups, START + 5_000)
    back = START - 24 * HOUR
    groups.add(item(), back)
    assert groups.next_due(back) == back + 5 * MINUTE


@pytest.mark.parametrize(
    "data", [b"", b"\xff", *(zstandard.compress(text) for text in (b"", b"\x91\x01", OF_ANOTHER_VERSION))]
)
def test_a_state_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="state of the groups"):
        Groups(Plan()).load(data)


def test_texts_of_any_kind_can_be_kept() -> None:
    groups = Groups(Plan(group_by="object"))
    groups.add(item(name="half \ud800 pair", message="x" * 1_500_000, reason="r\ud800" * 5_000), START)
    data = groups.dump()
    assert len(data) < 20_000
    again = Groups(Plan(group_by="object"))
    again.load(data)
    assert again.pending == 1


# -- properties ----------------------------------------------------------------------------------------------------

PLAN = Plan(wait=5_000, repeat=(20_000, 60_000, 200_000), quiet=90_000)
NAMES = ("web-7c5ddbdf54-x2k9p", "web-7c5ddbdf54-b8dqz", "db-0", "db-1", "lonely")


@dataclass
class Step:
    wait: int
    name: str | None
    reason: str
    occurrences: int
    looks: bool
    """Whether somebody asks what is due, and tells it."""
    restarts: bool


STEPS = st.lists(
    st.builds(
        Step,
        wait=st.sampled_from([0, 1, 999, 5_000, 19_999, 20_000, 60_000, 89_999, 90_000, 300_000]),
        name=st.sampled_from([*NAMES, None]),
        reason=st.sampled_from(["BackOff", "Unhealthy"]),
        occurrences=st.integers(0, 40),
        looks=st.booleans(),
        restarts=st.booleans(),
    ),
    max_size=60,
)


@dataclass
class Seen:
    added: int = 0
    told: list[tuple[int, str, int, int, bool]] = field(default_factory=list)
    """Time, key, occurrences, number, whether it was an end."""
    left: int = 0


def run(steps: list[Step], plan: Plan, *, restarting: bool) -> Seen:
    groups, now, seen = Groups(plan), START, Seen()
    for step in steps:
        now += step.wait
        if step.name is not None:
            one = item(step.occurrences, at=now - START, name=step.name, reason=step.reason)
            groups.add(one, now)
            seen.added += step.occurrences
        if restarting and step.restarts:
            data = groups.dump()
            groups = Groups(plan)
            groups.load(data)
        if step.looks:
            for group in groups.due(now):
                groups.told(group, now)
                seen.told.append((now, group.key, group.pending, group.told + 1, group.over))
    seen.left = groups.pending
    return seen


@given(STEPS, st.booleans())
def test_no_occurrence_is_lost_from_the_counts(steps: list[Step], ends: bool) -> None:
    seen = run(steps, Plan(wait=PLAN.wait, repeat=PLAN.repeat, quiet=PLAN.quiet, ends=ends), restarting=False)
    assert sum(count for _, _, count, _, _ in seen.told) + seen.left == seen.added


@given(STEPS)
def test_nothing_is_told_before_its_step(steps: list[Step]) -> None:
    by_key = defaultdict(list)
    for time, key, count, number, over in run(steps, PLAN, restarting=False).told:
        by_key[key].append((time, number, over))
        assert count > 0
    for told in by_key.values():
        for (before, last, ended), (time, number, over) in pairwise(told):
            if ended:  # what comes after an end is new
                assert number == 1
            elif over or number == 1:  # an end, or what is new after one that brought nothing to tell
                assert time - before >= min(PLAN.quiet, PLAN.repeat[0])
            else:
                assert number == last + 1
                assert time - before >= PLAN.repeat[min(last, len(PLAN.repeat)) - 1]
        ends = [time for time, _, over in told if over]
        assert all(later - end > PLAN.quiet for end, later in pairwise(ends))


@given(STEPS, st.booleans())
def test_a_restart_at_any_moment_changes_nothing(steps: list[Step], ends: bool) -> None:
    plan = Plan(wait=PLAN.wait, repeat=PLAN.repeat, quiet=PLAN.quiet, ends=ends)
    assert run(steps, plan, restarting=True) == run(steps, plan, restarting=False)


@given(STEPS)
def test_due_comes_when_it_was_said(steps: list[Step]) -> None:
    """Whoever sleeps until `next_due` misses nothing, and does not look in vain for ever."""
    groups, now = Groups(PLAN), START
    for step in steps:
        now += step.wait
        if step.name is not None:
            groups.add(item(step.occurrences, at=now - START, name=step.name, reason=step.reason), now)
        at = groups.next_due(now)
        if at is None:
            assert len(groups) == 0
        elif at > now:
            assert groups.due(at - 1) == []
    for _ in range(10_000):
        at = groups.next_due(now)
        if at is None:
            break
        now = at
        for group in groups.due(now):
            groups.told(group, now)
    assert len(groups) == 0 and groups.pending == 0
