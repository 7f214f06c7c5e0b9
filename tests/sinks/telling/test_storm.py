"""A storm: what kube-eventer sends as twenty thousand messages is a handful, and every occurrence is in them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest

from sinks.delivery import Item
from sinks.group import Group
from sinks.grouping import Groups, Plan
from sinks.messages import Message
from sinks.pacing import Bucket, folded
from sinks.telling import Telling
from tests.sinks.telling.made import START, event, settings

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
MINUTE = 60_000


class People:
    """What somebody who gets every message has heard. Looks once a second, as a courier does when it is idle."""

    def __init__(self, plan: Plan, per_minute: float) -> None:
        self.groups = Groups(plan)
        self.telling = Telling(settings())
        self.bucket = Bucket(per_minute, START)
        self.messages: list[tuple[int, Message]] = []
        self.heard: Counter[str] = Counter()

    def look(self, now: int) -> None:
        for part in folded(self.groups.due(now), self.bucket.tokens(now)):
            self.bucket.take(now)
            self.messages.append((now, self._message(part)))
            for group in part:
                self.groups.told(group, now)
                self.heard[group.place.name or group.place.reason] += group.pending

    def _message(self, part: Sequence[Group]) -> Message:
        return self.telling.message(part[0]) if len(part) == 1 else self.telling.digest(part)


def crash_looping(seed: int = 1, count: int = 20_000, minutes: int = 5) -> list[tuple[int, Item]]:
    """500 Pods of 5 Deployments on 20 nodes, all events of which come within a few minutes."""
    chance = random.Random(seed)
    pods = [
        f"shop-{'abcde'[number % 5]}-7c5ddbdf54-{''.join(chance.choices(ALPHABET, k=5))}"
        for number in range(500)
    ]
    found = []
    for _ in range(count):
        at = chance.randrange(minutes * MINUTE)
        name, reason = chance.choice(pods), chance.choices(["BackOff", "Unhealthy"], [9, 1])[0]
        problem = "pod-crash-loop" if reason == "BackOff" else ""
        found.append((START + at, Item(event(name, reason, problem=problem, last_time=START + at), 1, {})))
    return sorted(found, key=lambda one: one[0])


def play(people: People, events: list[tuple[int, Item]], until: int) -> None:
    waiting = iter(events)
    upcoming = next(waiting, None)
    for now in range(START, until, 1_000):
        while upcoming is not None and upcoming[0] <= now:
            people.groups.add(upcoming[1], now)
            upcoming = next(waiting, None)
        people.look(now)


def test_500_crash_looping_pods_are_a_handful_of_messages(capsys: pytest.CaptureFixture[str]) -> None:
    people = People(Plan(), per_minute=20)
    play(people, crash_looping(), START + 2 * 60 * MINUTE)
    with capsys.disabled():
        print(f"\n20 000 events of 500 Pods in 5 minutes: {len(people.messages)} messages in two hours")
    assert len(people.messages) <= 20  # ten groups, told at the beginning and once more
    assert people.heard.total() == 20_000 and people.groups.pending == 0
    first = [message.title for at, message in people.messages if at < START + 10_000]
    assert first[0].startswith("[high] Container in crash loop: shop/shop-")


def test_a_thousand_workloads_at_once_stay_within_the_limit() -> None:
    people = People(Plan(), per_minute=20)
    chance = random.Random(2)
    names = [f"app{'-'.join(chance.choices('abcdefghij', k=4))}" for _ in range(1_000)]
    events = [(START, Item(event(name, "FailedMount"), 2, {})) for name in names]
    play(people, events, START + 10 * MINUTE)
    assert len(people.messages) <= 4  # the most severe alone, the others in one digest
    assert people.heard.total() == 2_000
    assert people.messages[-1][1].occurrences + 6 == 2_000


def test_days_of_the_same_trouble_are_told_seldom() -> None:
    """kube-eventer repeated one such message 20 to 30 times."""
    people = People(Plan(), per_minute=20)
    hours = 48
    events = [
        (START + at, Item(event(last_time=START + at, problem="pod-crash-loop"), 1, {}))
        for at in range(0, hours * 60 * MINUTE, 5 * MINUTE)
    ]
    plan_steps = [at for at, _ in _played(people, events, hours)]
    gaps = [round((later - before) / MINUTE) for before, later in pairwise(plan_steps)]
    assert gaps == [5, 30, 120, 360, 1440]


def _played(people: People, events: list[tuple[int, Item]], hours: int) -> list[tuple[int, Message]]:
    play(people, events, START + hours * 60 * MINUTE)
    return people.messages
