"""Does one change match a query? For `--follow`, which sees every change and has no index to ask.

It must agree with the store, which answers the same query with SQL; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from eventcenter.model import Event
from eventcenter.query import EventQuery
from eventcenter.search import matches as search_matches
from eventcenter.search import needs_raw


def matches(query: EventQuery, event: Event, raw: Callable[[], dict[str, Any]] = dict) -> bool:
    """Filters, `from` and search expression; `to`, order and paging mean nothing for a single change. `raw` is
    asked for the raw object only when the search needs it."""
    # In whole seconds, as the store orders events.
    if query.from_time is not None and event.last_time // 1000 < query.from_time // 1000:
        return False
    if not all(_accepts(name, values, event) for name, values in query.filters.items()):
        return False
    return search_matches(query.search, event, raw() if needs_raw(query.search) else None)


def _accepts(name: str, values: tuple[str, ...], event: Event) -> bool:
    value = getattr(event, "hostname" if name == "host" else name)
    return not values or any(_equal(pattern, value) for pattern in values)


def _equal(pattern: str, value: str) -> bool:
    if "*" not in pattern:
        return pattern == value
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), value, re.DOTALL) is not None
