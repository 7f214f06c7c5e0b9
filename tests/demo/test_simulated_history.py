"""The playground's history: repeatable, in order, consistent, of the promised size."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from eventcenter.demo import simulate
from eventcenter.demo.cluster import NODES

HOUR = 3_600_000
DAY = 24 * HOUR
END = 1_795_438_000_000
SEED = 1

Raw = dict[str, Any]


def seen_at(event: Raw) -> str:
    """Second of the change, as text that sorts."""
    series = event.get("series") or {}
    time_ = series.get("lastObservedTime") or event["lastTimestamp"] or event["eventTime"]
    return str(time_)[:19]


def count(event: Raw) -> int:
    return int((event.get("series") or {}).get("count") or event.get("count") or 1)


def of_pods(week: list[Raw]) -> Iterator[Raw]:
    return (change["object"] for change in week if change["object"]["involvedObject"]["kind"] == "Pod")


def test_a_seed_gives_the_same_history_again() -> None:
    first = list(simulate(7, END - DAY, END))
    assert first == list(simulate(7, END - DAY, END))
    assert first != list(simulate(8, END - DAY, END))


@pytest.mark.parametrize("seed", [1, 2])
def test_two_windows_make_the_same_history_as_one(seed: int) -> None:
    middle = END - 30 * HOUR
    parts = [*simulate(seed, END - 3 * DAY, middle), *simulate(seed, middle, END)]
    assert parts == list(simulate(seed, END - 3 * DAY, END))


def test_changes_come_in_time_order_with_growing_versions(week: list[Raw]) -> None:
    times = [seen_at(change["object"]) for change in week]
    versions = [int(change["object"]["metadata"]["resourceVersion"]) for change in week]
    assert times == sorted(times)
    assert all(earlier < later for earlier, later in pairwise(versions))


@pytest.mark.parametrize("seed", [10, 11])
def test_other_seeds_and_weeks_are_in_time_order_too(seed: int) -> None:
    end = END + seed * 17 * HOUR
    times = [seen_at(change["object"]) for change in simulate(seed, end - 2 * DAY, end)]
    assert times == sorted(times)


def test_the_history_fills_its_window_and_nothing_else(week: list[Raw]) -> None:
    first = datetime.fromisoformat(seen_at(week[0]["object"]) + "Z").timestamp() * 1000
    last = datetime.fromisoformat(seen_at(week[-1]["object"]) + "Z").timestamp() * 1000
    assert END - 7 * DAY - 1000 <= first < END - 7 * DAY + HOUR
    assert END - HOUR < last < END


def test_a_week_has_a_believable_number_of_changes(week: list[Raw]) -> None:
    assert 25_000 <= len(week) <= 40_000


def test_a_week_is_generated_in_two_seconds() -> None:
    begin = time.process_time()
    for _ in simulate(SEED, END - 7 * DAY, END):
        pass
    # The target is 2 s; twice that leaves room for a busy machine and still catches a slow path.
    assert time.process_time() - begin < 4


def test_an_event_that_is_counted_up_keeps_what_it_is(week: list[Raw]) -> None:
    known: dict[str, tuple[Any, ...]] = {}
    for change in week:
        event = change["object"]
        metadata = event["metadata"]
        identity = (metadata["name"], metadata["creationTimestamp"], event["involvedObject"], event["reason"])
        if change["type"] == "ADDED":
            assert metadata["uid"] not in known
        assert known.setdefault(metadata["uid"], identity) == identity


def test_counts_grow_by_one(week: list[Raw]) -> None:
    counts: dict[str, int] = {}
    for change in week:
        uid, now = change["object"]["metadata"]["uid"], count(change["object"])
        if change["type"] == "ADDED":
            assert now == 1
        elif uid in counts:
            assert now == counts[uid] + 1
        counts[uid] = now
    assert max(counts.values()) > 40


def test_both_forms_of_events_occur(week: list[Raw]) -> None:
    forms = Counter(change["object"]["eventTime"] is None for change in week)
    assert forms[True] > 1000 and forms[False] > 1000
    for change in week:
        event = change["object"]
        if event["eventTime"] is None:
            assert event["source"]["component"] and event["firstTimestamp"] <= event["lastTimestamp"]
        else:
            assert (
                event["source"] == {} and event["firstTimestamp"] is None and event["lastTimestamp"] is None
            )
            assert event["reportingComponent"] == "default-scheduler"
    assert any("series" in change["object"] for change in week)


def test_names_end_in_the_nanoseconds_of_the_first_time(week: list[Raw]) -> None:
    for change in week:
        event = change["object"]
        name, _, nanoseconds = event["metadata"]["name"].rpartition(".")
        assert name == event["involvedObject"]["name"]
        created = datetime.fromisoformat(event["metadata"]["creationTimestamp"]).timestamp()
        assert int(nanoseconds, 16) // 10**9 == created


def test_a_pod_stays_on_its_node(week: list[Raw]) -> None:
    nodes: dict[str, str] = {}
    names = {node.name for node in NODES}
    for event in of_pods(week):
        uid = event["involvedObject"].get("uid", "")
        if event["reason"] == "Scheduled":
            node = event["message"].rpartition(" to ")[2]
            assert node in names
            assert nodes.setdefault(uid, node) == node
        elif host := event["source"].get("host"):
            assert nodes.setdefault(uid, host) == host


def test_a_pod_begins_with_its_binding_and_is_quiet_after_its_end(week: list[Raw]) -> None:
    bound: set[str] = set()
    born_here: set[str] = set()
    ended: set[str] = set()
    for event in of_pods(week):
        uid = event["involvedObject"].get("uid")
        if uid is None:
            continue
        assert uid not in ended, event
        if event["reason"] == "Scheduled":
            assert uid not in bound
            bound.add(uid)
            born_here.add(uid)
        if event["reason"] in ("Created", "Started", "Pulling") and uid in born_here:
            assert uid in bound
        if event["message"].startswith("Stopping container"):
            ended.add(uid)
    assert len(ended) > 300


def test_containers_are_created_before_they_start(week: list[Raw]) -> None:
    steps: dict[str, list[str]] = {}
    scheduled: set[str] = set()
    for event in of_pods(week):
        uid = event["involvedObject"].get("uid", "")
        if event["reason"] == "Scheduled":
            scheduled.add(uid)
        if uid in scheduled and event["reason"] in ("Scheduled", "Pulled", "Created", "Started"):
            steps.setdefault(uid, []).append(event["reason"])
    complete = [reasons[:4] for reasons in steps.values() if len(reasons) >= 4]
    assert len(complete) > 1000
    assert all(reasons == ["Scheduled", "Pulled", "Created", "Started"] for reasons in complete)


def test_pods_are_made_by_a_controller_that_says_so(week: list[Raw]) -> None:
    made = {
        match[1]
        for change in week
        if change["object"]["reason"] == "SuccessfulCreate"
        and (match := re.search(r"(?:Created pod: |create Pod )(\S+)", change["object"]["message"]))
    }
    bound = {event["involvedObject"]["name"] for event in of_pods(week) if event["reason"] == "Scheduled"}
    assert len(bound) > 1000
    # The binding may be the first change in the window of a Pod that was made just before it.
    assert len(bound - made) <= 2


def test_rollouts_change_the_hash_of_the_replica_set(week: list[Raw]) -> None:
    sets = {
        match[1]
        for change in week
        if change["object"]["involvedObject"].get("name") == "checkout"
        and change["object"]["involvedObject"]["namespace"] == "shop"
        and (
            match := re.match(
                r"Scaled up replica set (checkout-\w{10}) from 0 to", change["object"]["message"]
            )
        )
    }
    assert len(sets) >= 3


def test_days_have_a_rhythm(week: list[Raw]) -> None:
    """Rollouts are made in working hours."""
    hours = Counter(
        int(seen_at(change["object"])[11:13])
        for change in week
        if change["object"]["reason"] == "SuccessfulDelete"
        and change["object"]["involvedObject"]["kind"] in ("ReplicaSet", "StatefulSet", "DaemonSet")
    )
    assert sum(hours[hour] for hour in range(7, 19)) > 3 * sum(
        hours[hour] for hour in (22, 23, 0, 1, 2, 3, 4, 5)
    )


def test_an_evicted_pod_comes_back_on_another_node(week: list[Raw]) -> None:
    replaced = 0
    for position, change in enumerate(week):
        event = change["object"]
        if event["reason"] != "Evicted":
            continue
        replica_set = event["involvedObject"]["name"].rpartition("-")[0]
        successor = next(
            later["object"]["message"]
            for later in week[position:]
            if later["object"]["reason"] == "Scheduled"
            and later["object"]["involvedObject"]["name"].startswith(replica_set + "-")
        )
        assert not successor.endswith(event["source"]["host"])
        replaced += 1
    assert replaced


def test_nothing_happens_on_a_node_that_is_down(week: list[Raw]) -> None:
    down: set[str] = set()
    outages = 0
    for change in week:
        event = change["object"]
        name = event["involvedObject"]["name"]
        if event["reason"] == "NodeNotReady" and event["involvedObject"]["kind"] == "Node":
            down.add(name)
            outages += 1
        if event["reason"] == "Starting":
            down.discard(name)
        assert event["source"].get("host") not in down, event
    assert outages
