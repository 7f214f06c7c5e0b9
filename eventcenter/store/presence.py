"""Which days can hold what is asked for: the roll-ups know on which days a value stands, so that a rare one does not
cost a look into the full text of ninety days."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from eventcenter.store.rollups import DIMENSIONS
from eventcenter.store.schema import day_of

MAX_NUMBERS = 100
"""Of one condition; with more, some stand on any day."""


class Present(NamedTuple):
    """One of the numbers has to stand in a field of `words.TAGS`."""

    field: str
    numbers: tuple[int, ...]


def days_holding(
    connection: sqlite3.Connection, first: int, last: int, wanted: Iterable[Present], *, newest_first: bool
) -> list[int]:
    """The days with full text that hold places from `first` to `last`, without those on which, by the roll-ups of one
    dimension after the other, nothing of what is `wanted` stands."""
    told = [present for present in wanted if len(present.numbers) <= MAX_NUMBERS]
    direction = "DESC" if newest_first else "ASC"
    rows = connection.execute(
        f"SELECT day FROM words w WHERE {' AND '.join(['day BETWEEN ? AND ?', *_conditions(told)])} "
        f"ORDER BY day {direction}",
        (day_of(first), day_of(last)),
    )
    return [day for (day,) in rows]


def _conditions(wanted: Sequence[Present]) -> list[str]:
    """Level and problem divide every row of the roll-ups: they are looked at together with each dimension."""
    dividing = [_in(present.field, present) for present in wanted if present.field not in DIMENSIONS]
    dimensions = [present for present in wanted if present.field in DIMENSIONS]
    if not dimensions:
        return [_stands("", dividing)] if dividing else []
    return [_stands(present.field, [_in("value", present), *dividing]) for present in dimensions]


def _in(column: str, present: Present) -> str:
    return f"{column} IN ({','.join(map(str, present.numbers))})"


def _stands(dimension: str, conditions: list[str]) -> str:
    return (
        f"EXISTS (SELECT 1 FROM rollup_day WHERE dimension = {DIMENSIONS[dimension]} AND day = w.day "
        f"AND {' AND '.join(conditions)} AND events > 0)"
    )
