"""Who is told of alerts and when, and why not."""

from __future__ import annotations

from tests.alerts.notifying_world import HOUR, MINUTE, NOW, SECOND, World, routing

PLAIN = {"receivers": ["oncall"], "group_by": ["namespace"], "repeat_interval": ["1h", "4h"]}


def world(**more: object) -> World:
    return World(routing({**PLAIN, **more}))


def test_what_comes_together_is_told_together() -> None:
    at = world()
    at.fire(namespace="shop", workload="web")
    at.passes(20 * SECOND)
    at.fire(namespace="shop", workload="db")
    at.fire(namespace="other", workload="web")
    told = at.passes(MINUTE)
    assert [(len(one.firing), one.labels["namespace"], one.reason) for one in told] == [
        (2, "shop", "first"),
        (1, "other", "first"),
    ]
    assert (at.held[0].reason, at.held[0].next) == ("grouped", NOW + 30 * SECOND)


def test_what_joins_later_waits_for_the_interval() -> None:
    at = world()
    at.fire(namespace="shop", workload="web")
    at.passes(MINUTE)
    at.fire(namespace="shop", workload="db")
    assert at.passes(4 * MINUTE) == []
    (told,) = at.passes(MINUTE)
    assert (told.reason, len(told.firing), told.number) == ("new alerts", 2, 2)


def test_it_is_told_again_in_growing_steps() -> None:
    at = world()
    at.fire(namespace="shop")
    at.passes(10 * HOUR)
    assert [one.time - at.told[0].time for one in at.told] == [0, HOUR, 5 * HOUR, 9 * HOUR]
    assert [one.reason for one in at.told] == ["first", "repeated", "repeated", "repeated"]
    assert at.told[1].next == at.told[2].time


def test_that_it_is_over_is_told_once_and_refers_to_the_first() -> None:
    at = world()
    alert = at.fire(namespace="shop")
    (first,) = at.passes(MINUTE)
    at.resolve(alert)
    (over,) = at.passes(2 * HOUR)
    assert (over.over, over.key, over.since, over.reason) == (True, first.key, first.time, "resolved")
    at.fire(namespace="shop")
    (anew,) = at.passes(MINUTE)
    assert anew.key != first.key and anew.reason == "first"


def test_what_was_over_before_it_was_told_is_not_told() -> None:
    at = world()
    at.resolve(at.fire(namespace="shop"))
    assert at.passes(HOUR) == []
    assert at.reasons() == ["grouped", "over before it was told"]


def test_flapping_within_the_interval_is_not_told() -> None:
    at = world()
    alert = at.fire(namespace="shop")
    at.passes(MINUTE)
    at.resolve(alert)
    at.fire(namespace="shop")
    assert at.passes(30 * MINUTE) == []


def test_a_silence_holds_back_and_lets_go() -> None:
    at = world()
    at.silence('namespace="shop"', 'severity=~"high|critical"', length=20 * MINUTE)
    at.fire(namespace="shop")
    at.fire(namespace="other")
    assert [one.labels["namespace"] for one in at.passes(19 * MINUTE)] == ["other"]
    assert at.reasons().count("silenced by 1") == 1
    (told,) = at.passes(10 * MINUTE)
    assert (told.labels["namespace"], told.reason) == ("shop", "first")


def test_an_acknowledged_alert_is_told_when_it_is_over_and_when_it_comes_anew() -> None:
    at = world()
    alert = at.fire(namespace="shop")
    at.passes(MINUTE)
    at.silence('rule="crash"', 'namespace="shop"', length=100 * HOUR, before=at.now)
    assert at.passes(10 * HOUR) == []
    at.resolve(alert)
    assert [one.reason for one in at.passes(10 * MINUTE)] == ["resolved"]
    at.fire(namespace="shop")
    assert [one.reason for one in at.passes(10 * MINUTE)] == ["first"]


def test_a_lost_node_says_it_for_its_pods_and_for_no_others() -> None:
    at = world(group_by=["rule"])
    at.fire(namespace="shop", workload="web", nodes=["n1"])
    at.fire("slow", namespace="shop", workload="db", nodes=["n1", "n2"])
    lost = at.fire("node-not-ready", node="n1")
    assert {one.labels["rule"] for one in at.passes(10 * MINUTE)} == {"node-not-ready", "slow"}
    assert "inhibited by node-not-ready of n1" in at.reasons()
    at.resolve(lost)
    told = at.passes(10 * MINUTE)
    assert [(one.labels["rule"], one.reason) for one in told] == [
        ("crash", "first"),
        ("node-not-ready", "resolved"),
    ]


def test_inhibition_that_is_written() -> None:
    rule = {"source": ['severity="high"'], "target": ['severity="low"'], "equal": ["namespace"]}
    at = World(routing(PLAIN, inhibit=[rule]))
    at.fire(namespace="shop")
    at.fire("slow", namespace="shop")
    at.fire("slow", namespace="other")
    told = at.passes(MINUTE)
    assert sorted((one.labels["namespace"], [a.rule for a in one.firing]) for one in told) == [
        ("other", ["slow"]),
        ("shop", ["crash"]),
    ]


def test_time_intervals_put_off() -> None:
    night = {"night": {"times": "00:00-13:00", "location": "UTC"}}  # NOW is 12:00
    at = World(routing({**PLAIN, "mute_time_intervals": ["night"]}, time_intervals=night))
    at.fire(namespace="shop")
    assert at.passes(59 * MINUTE) == []
    assert "time interval night" in at.reasons()
    assert len(at.passes(6 * MINUTE)) == 1


def test_two_receivers_are_told_the_same() -> None:
    at = world(receivers=["oncall", "mail"])
    at.fire(namespace="shop")
    told = at.passes(MINUTE)
    assert [one.receiver for one in told] == ["oncall", "mail"] and told[0].key != told[1].key


def test_without_routes_nobody_is_told() -> None:
    from eventcenter.alerts.routes import Routing

    at = World(Routing())
    at.fire(namespace="shop")
    assert at.passes(HOUR) == []


def test_other_routes_tell_others_and_close_what_was_told() -> None:
    at = world()
    alert = at.fire(namespace="shop")
    at.passes(MINUTE)
    at.restart(routing({**PLAIN, "routes": [{"matchers": ['rule="crash"'], "receivers": ["team"]}]}))
    assert [(one.receiver, one.reason) for one in at.passes(5 * MINUTE)] == [("team", "first")]
    at.resolve(alert)
    assert sorted((one.receiver, one.reason) for one in at.passes(10 * MINUTE)) == [
        ("oncall", "resolved"),
        ("team", "resolved"),
    ]


def test_the_same_routes_read_again_change_nothing() -> None:
    at = world()
    at.fire(namespace="shop")
    at.passes(MINUTE)
    at.restart(routing({**PLAIN, "routes": [{"matchers": ['rule="slow"'], "receivers": ["team"]}]}))
    assert at.passes(30 * MINUTE) == []


def test_an_alert_that_vanished_is_over() -> None:
    """Its end was never heard of, as when what had been judged is lost."""
    at = world()
    at.fire(namespace="shop")
    at.passes(MINUTE)
    at.alerts.clear()
    assert [(one.reason, one.over) for one in at.passes(10 * MINUTE)] == [("resolved", True)]
