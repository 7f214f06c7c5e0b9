"""At least once, in order, from where it stopped; who cannot deliver waits alone; what is refused blocks nobody."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from eventcenter.forwarded import SinkState
from sinks.delivery import Broken, Item, PartlyTaken, Refused, TryAgain
from tests.sinks.delivering.conftest import Forwarding, Place

A = "place:a?name=a"


def place(forwarding: Forwarding, name: str = "a") -> Place:
    return forwarding.places[name]


def test_a_new_sink_begins_with_what_comes_after_it(forwarding: Forwarding) -> None:
    forwarding.put(5)
    forwarding.to(A)
    place(forwarding).has(forwarding.put(250))
    assert max(place(forwarding).batches) <= 100


def test_or_with_everything(forwarding: Forwarding) -> None:
    names = forwarding.put(5)
    forwarding.to("place:a?start=oldest&name=a")
    place(forwarding).has(names)


def test_items_hold_the_object_and_the_event_as_it_was(forwarding: Forwarding) -> None:
    forwarding.to(A)
    (name,) = forwarding.put()
    place(forwarding).has([name])
    (item,) = place(forwarding).taken
    assert item.raw["metadata"]["uid"] == item.event.uid
    assert item.key.startswith(f"default.{item.event.seq}.")


def test_after_a_restart_it_goes_on_where_it_was(forwarding: Forwarding) -> None:
    forwarding.to(A)
    first = forwarding.put(3)
    place(forwarding).has(first)
    forwarding.stop()
    forwarding.open()
    second = forwarding.put(3)
    forwarding.to(A)
    place(forwarding).has(first + second)


def test_a_destination_that_is_away_gets_everything_later(forwarding: Forwarding) -> None:
    forwarding.to(A, "place:b?name=b")
    back = threading.Event()

    def away(items: Sequence[Item]) -> None:
        if not back.is_set():
            raise TryAgain("no route to host")

    place(forwarding).answer = away
    names = forwarding.put(30)
    place(forwarding, "b").has(names)  # nobody else waits
    status = forwarding.when("a", lambda status: status.state is SinkState.RETRYING)
    assert (status.lag, status.last_error) == (30, "no route to host")
    assert status.lag_ms > 0
    back.set()
    place(forwarding).has(names)
    assert forwarding.when("a", lambda status: status.lag == 0).state is SinkState.OK


def test_a_stop_while_it_is_away_loses_nothing(forwarding: Forwarding) -> None:
    forwarding.to(A)
    (first,) = forwarding.put()
    place(forwarding).has([first])

    def away(items: Sequence[Item]) -> None:
        raise TryAgain("refused", after_s=60)

    place(forwarding).answer = away
    names = forwarding.put(3)
    forwarding.when("a", lambda status: status.state is SinkState.RETRYING)
    place(forwarding).answer = lambda items: None
    forwarding.restart(A)
    place(forwarding).has([first, *names])


def test_a_stop_delivers_what_is_there_already(forwarding: Forwarding) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(items: Sequence[Item]) -> None:
        entered.set()
        assert go_on.wait(10)

    forwarding.to(A)
    place(forwarding).answer = slow
    first = forwarding.put()
    assert entered.wait(10)
    more = forwarding.put(2)
    stopping = threading.Thread(target=forwarding.sinks.stop)
    stopping.start()
    go_on.set()
    stopping.join(10)
    assert place(forwarding).names == first + more


def test_a_poisoned_event_goes_to_the_dead_letters_alone(forwarding: Forwarding) -> None:
    forwarding.to(A)

    def picky(items: Sequence[Item]) -> None:
        if any(item.event.name.endswith("7") for item in items):
            raise Refused("answered 400: mapping")

    place(forwarding).answer = picky
    names = forwarding.put(20)
    good = [name for name in names if not name.endswith("7")]
    place(forwarding).has(good)
    status = forwarding.when("a", lambda status: status.dead == 2)
    assert (status.failed, status.lag, status.state) == (2, 0, SinkState.OK)
    letters = forwarding.sinks.dead_letters("a")
    assert [letter.reason for letter in letters] == ["answered 400: mapping"] * 2

    place(forwarding).answer = lambda items: None
    assert forwarding.sinks.send_again("a") == 2
    place(forwarding).has(good + [name for name in names if name.endswith("7")])
    forwarding.when("a", lambda status: status.dead == 0)


def test_what_is_refused_again_stays_a_dead_letter(forwarding: Forwarding) -> None:
    forwarding.to(A)

    def never(items: Sequence[Item]) -> None:
        raise Refused("too large")

    place(forwarding).answer = never
    forwarding.put()
    forwarding.when("a", lambda status: status.dead == 1)
    (before,) = forwarding.sinks.dead_letters("a")
    forwarding.sinks.send_again("a", [before.id])
    forwarding.when("a", lambda status: status.failed == 2)
    (after,) = forwarding.sinks.dead_letters("a")
    assert after.id != before.id and not after.again and after.seq == before.seq


def test_a_wrong_key_buries_nothing(forwarding: Forwarding) -> None:
    mended = threading.Event()

    def locked(items: Sequence[Item]) -> None:
        if not mended.is_set():
            raise Broken("answered 401")

    forwarding.to(A)
    place(forwarding).answer = locked
    names = forwarding.put(10)
    assert forwarding.when("a", lambda status: status.state is SinkState.BROKEN).dead == 0
    mended.set()
    place(forwarding).has(names)


def test_one_refusal_after_the_other_looks_like_a_broken_sink(forwarding: Forwarding) -> None:
    mended = threading.Event()

    def wrong(items: Sequence[Item]) -> None:
        if not mended.is_set():
            raise Refused("no such index")

    forwarding.to(A)
    place(forwarding).answer = wrong
    forwarding.put(50)
    status = forwarding.when("a", lambda status: status.state is SinkState.BROKEN)
    assert "refuses one event after the other: no such index" in str(status.last_error)
    mended.set()
    forwarding.when("a", lambda status: status.lag == 0)
    assert len(place(forwarding).taken) + forwarding.status("a").failed == 50


def test_what_is_partly_taken_is_sent_again_in_part(forwarding: Forwarding) -> None:
    forwarding.to(A)
    calls: list[list[str]] = []
    target = place(forwarding)

    def partly(items: Sequence[Item]) -> None:
        calls.append([item.event.name for item in items])
        if len(calls) == 1:
            target.taken += [item for index, item in enumerate(items) if index not in (0, 2)]
            raise PartlyTaken({0: "bad"}, [2])

    target.answer = partly
    names = forwarding.put(4)
    target.has([names[1], names[3], names[2]])
    assert calls[1] == [names[2]]
    forwarding.when("a", lambda status: (status.dead, status.lag) == (1, 0))


def test_a_defect_of_a_sink_is_survived(forwarding: Forwarding) -> None:
    forwarding.to(A)
    failures = iter([ZeroDivisionError(), KeyError("token=SECRET")])

    def defective(items: Sequence[Item]) -> None:
        for failure in failures:
            raise failure

    place(forwarding).answer = defective
    place(forwarding).has(forwarding.put(2))
    assert "SECRET" not in str(forwarding.status("a").last_error)


def test_filters(forwarding: Forwarding) -> None:
    forwarding.to(
        "place:a?name=a&level=Warning", "place:b?name=b&q=name:*1", "place:c?name=c&exclude=name:*1"
    )
    normal = forwarding.put(2, level="Normal")
    warning = forwarding.put(2, level="Warning")
    place(forwarding).has(warning)
    place(forwarding, "b").has([name for name in normal + warning if name.endswith("1")])
    place(forwarding, "c").has([name for name in normal + warning if not name.endswith("1")])
    forwarding.when("a", lambda status: status.lag == 0)  # what is not for it is behind it


def test_changed_settings_disturb_only_what_changed(forwarding: Forwarding) -> None:
    forwarding.to(A, "place:b?name=b")
    before = dict(forwarding.sinks._couriers)
    forwarding.to(A, "place:b?name=b&level=Warning")
    after = forwarding.sinks._couriers
    assert after["a"] is before["a"] and after["b"] is not before["b"]
    names = forwarding.put(3, level="Normal")
    place(forwarding).has(names)


def test_retention_waits_only_for_sinks_that_are_set_up(forwarding: Forwarding) -> None:
    forwarding.to(A, "place:b?name=b")
    before = forwarding.put(2)
    place(forwarding, "b").has(before)
    forwarding.to(A)
    assert set(forwarding.center.deliveries.positions()) == {"a"}
    meanwhile = forwarding.put(3)
    forwarding.to(A, "place:b?name=b")  # it comes back and goes on from where it was
    place(forwarding, "b").has(before + meanwhile)


def test_gathering_for_a_while(forwarding: Forwarding) -> None:
    forwarding.to("place:a?name=a&linger=2s")
    names = forwarding.put(3) + forwarding.put(3)
    place(forwarding).has(names)
    assert place(forwarding).batches == [6]
