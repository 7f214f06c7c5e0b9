"""Nothing is lost or doubled, whatever happens and whenever it is killed."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from eventcenter.alerts.life import Alert
from tests.alerts.notifying_world import HOUR, MINUTE, SECOND, World, routing

PLACES = st.tuples(
    st.sampled_from(["crash", "slow"]), st.sampled_from(["shop", "pay"]), st.sampled_from("ab")
)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("fire"), PLACES),
        st.tuples(st.just("resolve"), PLACES),
        st.tuples(
            st.just("passes"), st.sampled_from([SECOND, 20 * SECOND, 3 * MINUTE, 7 * MINUTE, 2 * HOUR])
        ),
        st.tuples(st.just("silence"), st.sampled_from(["shop", "pay"])),
    ),
    max_size=40,
)
ROUTE = {
    "receivers": ["oncall"],
    "group_by": ["namespace"],
    "repeat_interval": ["1h", "2h"],
    "routes": [
        {"matchers": ['rule="crash"'], "receivers": ["team", "mail"], "continue": True},
        {"receivers": ["all"]},
    ],
}


def run(actions: list[Any], killed: bool) -> World:
    at = World(routing(ROUTE))
    live: dict[Any, Alert] = {}
    for what, value in actions:
        if killed:
            at.restart()
        if what == "fire" and value not in live:
            live[value] = at.fire(value[0], namespace=value[1], workload=value[2])
        elif what == "resolve" and value in live:
            at.resolve(live.pop(value))
        elif what == "passes":
            for _ in range(4):
                at.passes(value // 4, step=max(SECOND, value // 8))
                if killed:
                    at.restart()
        elif what == "silence":
            at.silence(f'namespace="{value}"', length=10 * MINUTE)
    at.live = live  # type: ignore[attr-defined]
    return at


@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_a_restart_at_every_step_changes_nothing(actions: list[Any]) -> None:
    calm, killed = run(actions, False), run(actions, True)
    assert killed.told == calm.told
    assert killed.held == calm.held


@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_over_is_told_only_after_firing_and_in_the_end_everything_is_told(actions: list[Any]) -> None:
    at = run(actions, True)
    at.passes(HOUR, step=MINUTE)  # silences end
    open_: dict[str, set[Any]] = {}
    for one in at.told:
        known = open_.setdefault(one.receiver, set())
        ended = {(alert.rule, tuple(alert.labels.items())) for alert in one.resolved}
        assert ended <= known
        known -= ended
        firing = {(alert.rule, tuple(alert.labels.items())) for alert in one.firing}
        assert one.reason != "first" or firing - known  # nothing is told first twice
        known |= firing
    firing_now = {(rule, (("namespace", space), ("workload", load))) for rule, space, load in at.live}  # type: ignore[attr-defined]
    assert open_.get("all", set()) == firing_now
    assert open_.get("team", set()) == {key for key in firing_now if key[0] == "crash"}


@settings(max_examples=60, deadline=None)
@given(ACTIONS)
def test_repeats_grow_and_never_come_sooner(actions: list[Any]) -> None:
    at = run(actions, True)
    newest: dict[str, int] = {}
    for one in at.told:
        if one.reason == "repeated":
            assert one.time - newest[one.key] >= HOUR
        if one.reason != "resolved":
            newest[one.key] = one.time
