"""Lists: filters, globs, time ranges and pages give exactly the events they should, each once."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcenter.errors import QuerySyntaxError
from eventcenter.model import Event
from eventcenter.query import EventQuery
from tests.store.conftest import Store
from tests.store.made import DAY, MINUTE, NOON, added, batch, event, modified, search

MADE = [
    event(
        0, level="Warning", reason="BackOff", kind="Pod", namespace="shop", name="web-1", hostname="node-1"
    ),
    event(
        1,
        reason="Pulled",
        kind="Pod",
        namespace="shop",
        name="web-12",
        hostname="node-2",
        component="kubelet",
    ),
    event(2, reason="Failed", kind="Node", namespace="", name="node-2", hostname="", component="controller"),
    event(3, reason="FailedMount", kind="Pod", namespace="kube-system", name="a[b]", hostname="node-1"),
    event(4, reason="Odd", kind="Pod", namespace="x_y", name="w?b", hostname="10.0.0.1"),
    event(5, reason="Odd?", kind="O'Brien", namespace="%", name='quo"te', hostname="ünïcode"),
    event(6, reason="镜像", kind="Pod", namespace="店", name="网站-1", hostname="host.example.com"),
    event(7, reason="", kind="", namespace="", name="", hostname="", message="", component=""),
]


def uids(store: Store, **filters: tuple[str, ...]) -> set[int]:
    query = EventQuery(filters=filters, limit=1000)
    numbers = {made.uid: number for number, made in enumerate(MADE)}
    return {numbers[found.uid] for found in store.reader.list_events(query).events}


@pytest.fixture
def filled(store: Store) -> Store:
    store.put(batch(*(added(made) for made in MADE)))
    return store


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"level": ("Warning",)}, {0}),
        ({"kind": ("Node",)}, {2}),
        ({"namespace": ("shop",)}, {0, 1}),
        ({"namespace": ("shop", "kube-system")}, {0, 1, 3}),
        ({"component": ("controller",)}, {2}),
        ({"host": ("node-1",)}, {0, 3}),
        ({"host": ("node-*",)}, {0, 1, 3}),
        ({"host": ("*.example.com", "10.*")}, {4, 6}),
        ({"reason": ("Failed",)}, {2}),
        ({"reason": ("Failed*",)}, {2, 3}),
        ({"reason": ("*d",)}, {1, 2, 4}),
        ({"reason": ("*Mount", "BackOff")}, {0, 3}),
        ({"reason": ("Odd?",)}, {5}),
        ({"reason": ("镜*",)}, {6}),
        ({"name": ("web-1",)}, {0}),
        ({"name": ("web-*",)}, {0, 1}),
        ({"name": ("web-1*",)}, {0, 1}),
        ({"name": ("*-1",)}, {0, 6}),
        ({"name": ("*",)}, {0, 1, 2, 3, 4, 5, 6, 7}),
        ({"name": ("a[b]",)}, {3}),
        ({"name": ("a[b*",)}, {3}),
        ({"name": ("[ab]*",)}, set()),
        ({"name": ("w?*",)}, {4}),
        ({"name": ('quo"te',)}, {5}),
        ({"name": ("网站-1",)}, {6}),
        ({"name": ("网*",)}, {6}),
        ({"name": ("web-1", "网*", "nobody")}, {0, 6}),
        ({"name": ("WEB-1",)}, set()),
        ({"name": ("%",)}, set()),
        ({"namespace": ("%",)}, {5}),
        ({"namespace": ("x_y",)}, {4}),
        ({"kind": ("O'Brien",)}, {5}),
        ({"reason": ("Nothing*",)}, set()),
        ({"reason": ("BackOff",), "namespace": ("shop",), "host": ("node-1",)}, {0}),
        ({"reason": ("BackOff",), "namespace": ("kube-system",)}, set()),
        ({"reason": ("Pulled",), "namespace": ("nowhere",)}, set()),
        ({"reason": ()}, {0, 1, 2, 3, 4, 5, 6, 7}),
        ({"name": ("\ud800",), "host": ("\udfff*",)}, set()),
    ],
)
def test_filters(filled: Store, filters: dict[str, tuple[str, ...]], expected: set[int]) -> None:
    assert uids(filled, **filters) == expected


def test_the_problem_is_a_filter(open_store: Any, tmp_path: Any) -> None:
    store = open_store(tmp_path, lambda made: "pod-oom-killed" if made.reason == "OOM" else "")
    store.put(batch(added(event(1, reason="OOM")), added(event(2))))
    (found,) = store.reader.list_events(EventQuery(filters={"problem": ("pod-oom-killed",)})).events
    assert (found.uid, found.problem) == (event(1).uid, "pod-oom-killed")


def test_a_filter_and_a_search_together(filled: Store) -> None:
    assert filled.reader.list_events(search("container", filters={"reason": ("BackOff",)})).events
    assert not filled.reader.list_events(search("nothing", filters={"reason": ("BackOff",)})).events


def test_a_filter_value_is_no_word_of_a_search(filled: Store) -> None:
    """Filters are words of the index too, in a column that searches do not see."""
    for tag in ("l1", "k2", "n3", "r1", "r2", "h1", "c1"):
        assert not filled.reader.list_events(search(tag)).events, tag


def test_an_endless_pattern_is_refused(store: Store) -> None:
    with pytest.raises(QuerySyntaxError, match="too long"):
        uids(store, name=("*a" * 50 + "b",))


@pytest.mark.parametrize("text", ["", "web", "c4", "Started"])
def test_ranges_are_half_open(store: Store, text: str) -> None:
    store.put(
        batch(*(added(event(n, last_time=NOON + n * 1000, message="web c4 Started")) for n in range(5)))
    )
    query = search(text, from_time=NOON + 1000, to_time=NOON + 3000)
    assert [found.last_time for found in store.reader.list_events(query).events] == [NOON + 2000, NOON + 1000]


def test_ranges_across_days(store: Store) -> None:
    store.put(batch(*(added(event(n, last_time=NOON - n * DAY)) for n in range(6))))
    query = search("container", from_time=NOON - 4 * DAY, to_time=NOON - DAY)
    assert [found.last_time for found in store.reader.list_events(query).events] == [
        NOON - n * DAY for n in (2, 3, 4)
    ]


@pytest.mark.parametrize(
    "query",
    [
        EventQuery(from_time=10**30, to_time=10**31),
        EventQuery(from_time=-(10**30), to_time=-1),
        EventQuery(from_time=NOON, to_time=NOON - 1),
        EventQuery(cursor="0"),
    ],
)
def test_impossible_ranges_are_empty(filled: Store, query: EventQuery) -> None:
    assert filled.reader.list_events(query).events == []


@pytest.mark.parametrize("cursor", ["", "-1", "x", "0x1", "1" * 16, "٣", "1 "])
def test_a_cursor_that_is_none_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(QuerySyntaxError, match="cursor"):
        store.reader.list_events(EventQuery(cursor=cursor))


def pages(store: Store, between: Any = lambda: None, **query: Any) -> list[Event]:
    found: list[Event] = []
    cursor: str | None = None
    while True:
        page = store.reader.list_events(EventQuery(cursor=cursor, **query))
        found += page.events
        if page.next is None:
            return found
        assert len(page.events) == query["limit"]
        cursor = page.next
        between()


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    "how", [{}, {"filters": {"namespace": ("shop",)}}, {"search": search("container").search}]
)
def test_pages_hold_each_event_once(store: Store, order: str, how: dict[str, Any]) -> None:
    made = [event(n, last_time=NOON - n // 3 * 20 * MINUTE) for n in range(100)]
    store.put(batch(*(added(state) for state in made)))
    for limit in (1, 7, 50, 100):
        found = pages(store, limit=limit, order=order, **how)
        assert len(found) == len({item.uid for item in found}) == 100
        times = [item.last_time for item in found]
        assert times == sorted(times, reverse=order == "desc")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 29), max_size=5), max_size=8), st.sampled_from(["asc", "desc"]))
def test_events_that_are_counted_up_between_pages(
    open_store: Any, tmp_path_factory: Any, moves: list[list[int]], order: Literal["asc", "desc"]
) -> None:
    """Newest first, an event counted up meanwhile jumps above the page: it may be missed further down (the live
    refresh shows it on top), but none is shown twice and none that stood still is missed. Oldest first, it moves ahead
    of the reader: nothing is missed, and one that moved is met again with its new count."""
    store = open_store(tmp_path_factory.mktemp("pages"))
    made = [event(n, last_time=NOON - (30 - n) * 1000) for n in range(30)]
    store.put(batch(*(added(state) for state in made)))
    moved: list[int] = []
    todo = iter(moves)

    def count_up() -> None:
        for number in next(todo, []):
            moved.append(number)
            later = NOON + len(moved) * 1000
            store.put(batch(modified(event(number, count=len(moved) + 1, last_time=later), len(moved) + 1)))

    found = [item.uid for item in pages(store, count_up, limit=4, order=order)]
    still = {event(n).uid for n in range(30)} - {event(n).uid for n in moved}
    assert still <= set(found)
    assert sum(found.count(uid) for uid in still) == len(still)
    if order == "desc":
        assert len(found) == len(set(found))
    else:
        assert {event(n).uid for n in range(30)} == set(found)
    store.close()
