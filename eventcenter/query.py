"""What can be asked of events: filters, a time range, a search expression, a page. Pure; shared by API, pages
and CLI.

`store` compiles an `EventQuery` into SQL. The search language is `eventcenter.search`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from eventcenter.errors import QuerySyntaxError
from eventcenter.search import EVERYTHING, Node
from eventcenter.search import parse_search as parse_search
from eventcenter.times import LATEST as LATEST
from eventcenter.times import TIME_FORMS as TIME_FORMS
from eventcenter.times import parse_time as parse_time

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100
MAX_VALUES = 100
"""Of one filter."""

FIELDS = ("level", "kind", "namespace", "name", "reason", "host", "component", "problem")
"""The filters of `GET /api/v1/events`; each takes a comma-separated list, one of which must be equal."""

GLOB_FIELDS = frozenset({"name", "reason", "host"})
"""Filters whose values may hold `*`."""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Times in ms, `from_time` inclusive, `to_time` exclusive. `filters` maps a name of FIELDS to accepted
    values."""

    from_time: int | None = None
    to_time: int | None = None
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    search: Node = EVERYTHING
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    order: Literal["desc", "asc"] = "desc"


def parse_list(name: str, text: str) -> tuple[str, ...]:
    """The values of a comma-separated filter; blank ones are dropped."""
    values = tuple(value for value in (part.strip() for part in text.split(",")) if value)
    if len(values) > MAX_VALUES:
        raise QuerySyntaxError(f"{name} has {len(values)} values", hint=f"Give at most {MAX_VALUES}.")
    if name not in GLOB_FIELDS:
        return values
    return tuple("*" if set(value) == {"*"} else value for value in values)


def parse_limit(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise QuerySyntaxError(
            f"limit {text!r} is not accepted", hint=f"Give a whole number from 1 to {MAX_LIMIT}."
        )
    return int(text)
