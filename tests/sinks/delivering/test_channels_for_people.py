"""Real channels behind real connections in the delivery loop: outages, lost answers and restarts lose no message."""

from __future__ import annotations

import threading
from collections import Counter

from tests.sinks.delivering.conftest import Forwarding
from tests.sinks.servers.faulty import Answer, FaultyServer, Request

TAKEN = Answer(200, {"code": 0, "msg": "success"})


class Robot:
    """Keeps the titles of the cards that it took."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()
        self._news = threading.Condition()

    def take(self, request: Request) -> Answer:
        with self._news:
            self.told[request.json["card"]["header"]["title"]["content"].rpartition("/")[2]] += 1
            self._news.notify_all()
        return TAKEN

    def take_and_forget_to_answer(self, request: Request) -> Answer:
        self.take(request)
        return Answer(how="closed")

    def waits_for(self, count: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: len(self.told) >= count, 20), self.told


def test_each_thing_is_told_through_an_outage_and_a_restart(forwarding: Forwarding) -> None:
    robot = Robot()
    with FaultyServer(robot.take) as server:
        address = (
            f"feishu:{server.url}/open-apis/bot/v2/hook/0123456789abcdef"
            "?name=chat&group_by=object&group_wait=10ms&level=Normal&timeout=2s"
        )
        busy = Answer(200, {"code": 18000, "msg": "busy"})
        server.script(Answer(how="closed"), busy, robot.take, Answer(503), robot.take_and_forget_to_answer)
        forwarding.to(address)
        names = forwarding.put(6)
        robot.waits_for(6)
        server.die()
        names += forwarding.put(6)
        forwarding.when("chat", lambda status: status.retried > 0 and status.seq >= 12)
        forwarding.restart(address)
        names += forwarding.put(3)
        server.come_back()
        robot.waits_for(15)
        forwarding.when("chat", lambda status: status.sent >= 9)
    assert set(robot.told) == set(names)
    twice = [name for name, count in robot.told.items() if count > 1]
    assert len(twice) == 1, "only the message whose answer was lost comes again"


def test_an_incident_is_opened_once_and_resolved(forwarding: Forwarding) -> None:
    news = threading.Condition()
    actions: list[tuple[str, str]] = []

    def take(request: Request) -> Answer:
        with news:
            actions.append((request.json["event_action"], request.json["dedup_key"]))
            news.notify_all()
        return Answer(202, {"status": "success"})

    with FaultyServer(take) as server:
        address = (
            f"pagerduty:{server.url}?routing_key=r0uting-key"
            "&name=pager&group_wait=10ms&quiet=500ms&repeat=10s&level=Normal"
        )
        forwarding.to(address)
        forwarding.put(1)
        with news:
            assert news.wait_for(lambda: bool(actions), 10)
        forwarding.restart(address)
        with news:
            assert news.wait_for(lambda: len(actions) >= 2, 30)
    (first, key), (last, same) = actions
    assert (first, last) == ("trigger", "resolve") and key == same
