"""Our clock is set back while the cluster's goes on: events keep their order, also after a restart."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from eventcenter.model import Batch
from eventcenter.query import EventQuery
from eventcenter.store import open_reader, open_writer
from tests.care.conftest import NOON, made, uid

DAY = 86_400_000


def test_events_keep_their_order(data_dir: Path) -> None:
    now = NOON
    for start, clock in ((0, NOON), (10, NOON - DAY), (20, NOON + 60_000)):
        now = clock
        opened = open_writer(data_dir, "default", clock=lambda: now)  # noqa: B023
        for number in range(start, start + 10):
            now = clock - number
            change = made(number, last_time=NOON + number * 1000)
            opened.deliver(Batch("events", [change], str(number + 1)))
            assert opened.flush()
        opened.close()
    with closing(open_reader(data_dir, "default")) as reader:
        page = reader.list_events(EventQuery(limit=100, order="asc"))
        assert [event.uid for event in page.events] == [uid(number) for number in range(30)]
        assert [event.seq for event in page.events] == list(range(1, 31))
