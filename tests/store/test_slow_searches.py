"""A search that has to look at everything answers in time, and goes on where it stopped: nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Literal

import pytest

from eventcenter.model import Page
from eventcenter.query import EventQuery, parse_search
from eventcenter.store import Reader, database_path
from tests.store.conftest import Store
from tests.store.made import DAY, NOON, added, batch, event

EVENTS = 3_000
Order = Literal["asc", "desc"]


@pytest.fixture
def hasty(store: Store) -> Iterator[Reader]:
    """Three days of events, and a reader whose pages may take no time."""
    some = [
        event(n, name=f"web-{n % 7}x", count=n % 5 + 1, first_time=time, last_time=time)
        for n in range(EVENTS)
        if (time := NOON - n * DAY // 1000)
    ]
    for start in range(0, EVENTS, 500):
        store.put(batch(*(added(item) for item in some[start : start + 500])))
    with closing(Reader(database_path(store.directory, "default"), "default", budget_s=0.0)) as reader:
        yield reader


def pages(reader: Reader, text: str, order: Order, limit: int = 1000) -> list[Page]:
    found: list[Page] = []
    cursor = None
    while not found or cursor is not None:
        found.append(
            reader.list_events(EventQuery(search=parse_search(text), order=order, limit=limit, cursor=cursor))
        )
        cursor = found[-1].next
        assert len(found) < EVENTS, "a page must get on"
    return found


@pytest.mark.parametrize("order", ["desc", "asc"])
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("name:*3x", lambda n: n % 7 == 3),
        ("message:*nowhere", lambda n: False),
        ("count > 4", lambda n: n % 5 == 4),
        ("container and name:w*-0?", lambda n: n % 7 == 0),
        ("event_id.metadata.uid:*0001f", lambda n: n == 0x1E),
        ("not started", lambda n: False),
        ("nowhere", lambda n: False),
        ("c*", lambda n: True),
    ],
)
def test_page_after_page_finds_all_once_in_order(
    hasty: Reader, order: Order, text: str, wanted: object
) -> None:
    assert callable(wanted)
    found = pages(hasty, text, order)
    times = [item.last_time for page in found for item in page.events]
    expected = [NOON - n * DAY // 1000 for n in range(EVENTS) if wanted(n)]
    assert times == (expected if order == "desc" else expected[::-1])


@pytest.mark.parametrize("order", ["desc", "asc"])
def test_a_page_that_ends_early_says_where(hasty: Reader, order: Order) -> None:
    *early, last = pages(hasty, "name:*nowhere", order)
    reached = [page.searched_to for page in early]
    assert len(reached) > 3 and None not in reached
    assert all(NOON - 4 * DAY < (time or 0) <= NOON for time in reached)
    assert reached == sorted(reached, key=lambda time: time or 0, reverse=order == "desc")
    assert last.searched_to is None and last.next is None


def test_words_stop_only_between_days(hasty: Reader) -> None:
    found = pages(hasty, "nowhere", "desc")
    assert [page.searched_to for page in found] == [NOON - DAY // 2 - n * DAY for n in range(3)] + [None]


def test_a_full_page_is_complete(hasty: Reader) -> None:
    page = hasty.list_events(EventQuery(search=parse_search("container"), limit=10))
    assert len(page.events) == 10 and page.searched_to is None


def test_time_enough_finds_all_on_one_page(store: Store, hasty: Reader) -> None:
    page = store.reader.list_events(EventQuery(search=parse_search("name:*3x"), limit=1000))
    assert len(page.events) == len([n for n in range(EVENTS) if n % 7 == 3]) and page.next is None
