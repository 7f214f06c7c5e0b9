"""What a store holds, read as anybody reads it: page by page."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from eventcenter.query import EventQuery
from eventcenter.store import open_reader


def stored_uids(data_dir: Path) -> set[str]:
    with closing(open_reader(data_dir, "default")) as reader:
        found: set[str] = set()
        cursor = None
        while True:
            page = reader.list_events(EventQuery(limit=1000, cursor=cursor))
            found |= {event.uid for event in page.events}
            cursor = page.next
            if cursor is None:
                return found
