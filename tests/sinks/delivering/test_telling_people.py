"""A sink for people in the delivery loop: few messages, kept over restarts, no backlog."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventcenter.forwarded import SinkState
from sinks import kinds
from sinks.delivery import Broken, Refused, TryAgain
from sinks.kind import Kind
from sinks.messages import Message
from sinks.settings import SinkSettings
from tests.sinks.delivering.conftest import Forwarding


class Room:
    """A chat room in memory."""

    resolves = False

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.error: Exception | None = None
        self._news = threading.Condition()

    def tell(self, message: Message) -> None:
        if self.error is not None:
            raise self.error
        with self._news:
            self.told.append(message)
            self._news.notify_all()

    def close(self) -> None: ...

    def has(self, count: int, timeout: float = 10.0) -> list[Message]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.told) >= count, timeout), self.told
            return list(self.told)


ROOM = "room:?name=room&group_wait=10ms&level=Warning"


@pytest.fixture
def room(forwarding: Forwarding, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    made = Room()

    def messenger(settings: SinkSettings) -> Room:
        return made

    from sinks.kind import Url

    kind = Kind(
        name="room",
        summary="Memory.",
        example="room:",
        options=(),
        messenger=messenger,
        url=Url.NONE,
        per_minute=600,
    )
    real = kinds.kind_of
    for module in ("sinks.reading.kind_of", "sinks.kinds.kind_of"):
        monkeypatch.setattr(module, lambda name: kind if name == "room" else real(name))
    yield made


def test_one_message_for_many_events_of_a_workload(forwarding: Forwarding, room: Room) -> None:
    forwarding.to(ROOM.replace("10ms", "1s"))
    forwarding.put(
        40, level="Warning", kind="Pod", name="web-6f7d9cb58-x29p4", reason="BackOff", namespace="shop"
    )
    (message,) = room.has(1)
    assert message.occurrences == 40
    assert "BackOff" in message.text
    status = forwarding.when("room", lambda status: status.sent == 1)
    assert (status.for_people, status.lag) == (True, 0)


def test_a_sink_for_alerts_only_tells_of_no_event(forwarding: Forwarding, room: Room) -> None:
    forwarding.to(f"{ROOM}&events=false")
    forwarding.put(3, level="Warning", kind="Pod", name="web-1", reason="BackOff")
    forwarding.when("room", lambda status: status.lag == 0 and status.seq >= 3)
    forwarding.restart(f"{ROOM}&events=true")
    forwarding.put(1, level="Warning", kind="Pod", name="web-2", reason="Other")
    (message,) = room.has(1)
    assert message.occurrences == 1 and "Other" in message.text


def test_a_restart_repeats_nothing_and_forgets_nothing(forwarding: Forwarding, room: Room) -> None:
    forwarding.to(ROOM)
    forwarding.put(3, level="Warning", reason="BackOff", name="web-1", namespace="shop")
    room.has(1)
    forwarding.put(4, level="Warning", reason="BackOff", name="web-1", namespace="shop")  # for the next step
    forwarding.when("room", lambda status: status.lag == 0)
    forwarding.restart(ROOM)
    forwarding.put(1, level="Warning", reason="Failed", name="web-1", namespace="shop")
    first, second = room.has(2)
    assert ("BackOff" in first.text, "Failed" in second.text) == (True, True)
    state = forwarding.center.deliveries.state("room")
    assert state is not None
    from sinks.grouping import Groups, Plan

    groups = Groups(Plan())
    groups.load(state)
    assert groups.pending == 4


def test_while_the_channel_is_away_there_is_no_backlog(forwarding: Forwarding, room: Room) -> None:
    room.error = TryAgain("answered 502")
    forwarding.to(ROOM)
    for _ in range(5):
        forwarding.put(50, level="Warning", reason="BackOff", name="web-1", namespace="shop")
    status = forwarding.when("room", lambda status: status.state is SinkState.RETRYING and status.lag == 0)
    assert status.last_error == "answered 502"
    room.error = None
    messages = room.has(1)
    assert sum(message.occurrences for message in messages) == 250


def test_a_message_that_is_refused_is_kept(forwarding: Forwarding, room: Room) -> None:
    room.error = Refused("errcode 430104: the text breaks a rule")
    forwarding.to(ROOM)
    forwarding.put(1, level="Warning", reason="BackOff", name="web-1", namespace="shop")
    forwarding.when("room", lambda status: status.dead == 1)
    room.error = None
    assert forwarding.sinks.send_again("room") == 1
    forwarding.when("room", lambda status: status.dead == 0)


def test_all_of_a_digest_that_is_refused_is_kept(forwarding: Forwarding, room: Room) -> None:
    room.error = Refused("errcode 430104: the text breaks a rule")
    forwarding.to(ROOM + "&group_by=object")
    forwarding.put(150, level="Warning", reason="BackOff")  # more than the channel takes at once
    forwarding.when("room", lambda status: status.dead == 150)


def test_what_ends_something_is_seen_whatever_the_filter_says(forwarding: Forwarding, room: Room) -> None:
    from sinks.grouping import Groups, Plan

    room.resolves = True
    forwarding.to(ROOM)
    for level, reason in (("Warning", "NodeNotReady"), ("Normal", "NodeReady")):
        forwarding.put(1, level=level, reason=reason, kind="Node", name="node-1", namespace="")
    room.has(1)
    forwarding.when("room", lambda status: status.lag == 0)
    forwarding.stop()
    groups, now = Groups(Plan(ends=True)), forwarding.center.now()
    groups.load(forwarding.center.deliveries.state("room") or b"")
    due = groups.next_due(now)
    assert due is not None and due - now <= 5 * 60_000  # and not after an hour of quiet


def test_a_wrong_key_waits_for_somebody(forwarding: Forwarding, room: Room) -> None:
    room.error = Broken("errcode 300005: token is not exist")
    forwarding.to(ROOM)
    forwarding.put(1, level="Warning", reason="BackOff", name="web-1", namespace="shop")
    assert forwarding.when("room", lambda status: status.state is SinkState.BROKEN).dead == 0
    room.error = None
    room.has(1)


def test_a_test_shows_the_message(forwarding: Forwarding, room: Room, tmp_path: Path) -> None:
    forwarding.to(ROOM + "&lang=zh")
    done = forwarding.sinks.test_sink("room")
    assert done.ok and done.message is not None and "SinkTest" in done.message
    room.error = Broken("errcode 310000: sign not match")
    assert forwarding.sinks.test_sink("room").text == "errcode 310000: sign not match"
