"""The table `log` out of the roll-ups: one row for many events, for queries that only count (`sql.summing`).

The whole days or quarters of an hour that lie in the range come from the roll-ups, its two ends from the events. What
one dimension tells, beside level and problem, is read from the roll-ups of that dimension, which are small; what
several tell together, from `rollup_cross`, and by the day only.

Here an event is of the time of its place. That is its own time, but where its clock was wrong: then when it arrived."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from eventcenter.query import EventQuery
from eventcenter.search import Node
from eventcenter.search.tree import Exists, Has, leaves
from eventcenter.sql.resolving import NUMBER
from eventcenter.sql.summing import EVENTS, Summed
from eventcenter.store.compile import compile_query
from eventcenter.store.conditions import SearchCompiler
from eventcenter.store.restriction import Restriction
from eventcenter.store.rollups import DIMENSIONS
from eventcenter.store.schema import BUCKET_MS, PLACE_BITS, PLACES_A_BUCKET, day_places
from eventcenter.store.words import TAGS

_BUCKET_S = BUCKET_MS // 1000
_DAY_S = 86_400
_DIVIDING = ("level", "problem")
TIME = "e.t"
_OF_PLACE = f"id >> {PLACE_BITS}"
_FIELDS = {"hostname": "host"}
"""Columns of `log` whose field has another name."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Roll-ups that have all fields that are asked for. `dimension` is None for all of them together."""

    dimension: str | None
    daily: bool

    @property
    def fields(self) -> tuple[str, ...]:
        if self.dimension is None:
            return tuple(TAGS)
        return (*_DIVIDING, self.dimension) if self.dimension else _DIVIDING


def restrict_summed(
    connection: sqlite3.Connection,
    search: Node,
    from_time: int | None,
    to_time: int | None,
    columns: Collection[str],
    asked: Summed,
) -> Restriction | None:
    """As `restriction.restrict`, with rows that have a time `t` (s) and stand for `n` events. None where the search
    says more than roll-ups know, or a finer time is asked for than they have."""
    found = list(leaves(search))
    if not all(_known(leaf) for leaf in found):
        return None
    named = {name.removesuffix(NUMBER) for name in columns if name not in (EVENTS, "__time__")}
    fields = {_FIELDS.get(name, name) for name in named}
    fields |= {leaf.field.name if leaf.field.name in TAGS else "kind" for leaf in found if leaf.field}
    source = _source(fields, asked.seconds)
    if source is None:
        return None
    compiled = compile_query(connection, EventQuery(from_time=from_time, to_time=to_time))
    if compiled.first > compiled.last:
        return Restriction(f"({_rows(source, 1, 0)}) e")
    parts = " UNION ALL ".join(_parts(source, compiled.first, min(compiled.last, day_places(2**24)[1])))
    condition, values = SearchCompiler(connection).condition(search)
    assert not values, "conditions on dimensions hold their numbers"
    return Restriction(f"({parts}) e WHERE {condition}")


def _known(leaf: object) -> bool:
    match leaf:
        case Has():
            return leaf.field is not None and leaf.field.name in TAGS
        case Exists():
            return leaf.field.name in TAGS or leaf.field.of_pods
        case _:
            return False


def _source(fields: set[str], seconds: int) -> _Source | None:
    dimensions = sorted(fields - set(_DIVIDING))
    daily = seconds % _DAY_S == 0
    if len(dimensions) <= 1:
        return _Source(dimensions[0] if dimensions else "", daily)
    return _Source(None, daily) if daily else None


def _parts(source: _Source, first: int, last: int) -> Iterator[str]:
    """SELECTs that together have every place from `first` to `last` once."""
    width = PLACES_A_BUCKET
    buckets = range(-(-first // width), (last + 1) // width)
    a_day = _DAY_S // _BUCKET_S
    days = range(-(-buckets.start // a_day), buckets.stop // a_day) if source.daily else range(0)
    if source.dimension is None:
        yield from _around(source, first, last, _places(days, a_day * width), _days(source, days))
        return
    if not days:
        yield from _around(source, first, last, _places(buckets, width), _quarters(source, buckets))
        return
    inner = [
        _quarters(source, range(buckets.start, days.start * a_day)),
        _days(source, days),
        _quarters(source, range(days.stop * a_day, buckets.stop)),
    ]
    yield from _around(source, first, last, _places(buckets, width), *inner)


def _places(numbers: range, width: int) -> range:
    return range(numbers.start * width, numbers.stop * width) if numbers else range(0)


def _around(source: _Source, first: int, last: int, inside: range, *inner: str) -> Iterator[str]:
    """What is inside, and the events themselves at both ends."""
    if not inside:
        yield _rows(source, first, last)
        return
    yield from (part for part in inner if part)
    if first < inside.start:
        yield _rows(source, first, inside.start - 1)
    if last >= inside.stop:
        yield _rows(source, inside.stop, last)


def _rows(source: _Source, first: int, last: int) -> str:
    return (
        f"SELECT {_OF_PLACE} AS t, {', '.join(source.fields)}, 1 AS n FROM event "
        f"WHERE id BETWEEN {first} AND {last}"
    )


def _quarters(source: _Source, buckets: range) -> str:
    return _rolled(source, "rollup_quarter", f"bucket * {_BUCKET_S}", "bucket", buckets)


def _days(source: _Source, days: range) -> str:
    table = "rollup_cross" if source.dimension is None else "rollup_day"
    return _rolled(source, table, f"day * {_DAY_S}", "day", days)


def _rolled(source: _Source, table: str, time: str, key: str, numbers: range) -> str:
    if not numbers:
        return ""
    conditions = [f"{key} BETWEEN {numbers.start} AND {numbers.stop - 1}", "events > 0"]
    fields = list(source.fields)
    if source.dimension is not None:
        conditions.insert(0, f"dimension = {DIMENSIONS[source.dimension]}")
        fields = [*_DIVIDING, *([f"value AS {source.dimension}"] if source.dimension else [])]
    return (
        f"SELECT {time} AS t, {', '.join(fields)}, events AS n FROM {table} WHERE {' AND '.join(conditions)}"
    )
