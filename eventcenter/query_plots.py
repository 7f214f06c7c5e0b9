"""What of the rows of a query a chart shows: names along one side, and numbers, one series or several. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from eventcenter.errors import QuerySyntaxError
from eventcenter.model import Answer

MAX_SERIES = 8
MAX_SLICES = 8
_TIME = re.compile(r"\d{4}-\d\d(-\d\d)?|\d\d:\d\d|\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Plot:
    """`names` and the values of each series are of the same length. `keys` are the cells in front of the numbers that
    each name was made of, in the order of `key_columns`."""

    names: list[str]
    series: list[tuple[str, list[float | None]]]
    over_time: bool
    keys: list[tuple[Any, ...]]
    key_columns: list[str]


def plot(answer: Answer) -> Plot:
    """QuerySyntaxError where no column behind the first holds numbers.

    Rows of a time, a name and a number become one series for each name, the greatest first."""
    numeric = [at for at in range(1, len(answer.columns)) if _is_numeric([row[at] for row in answer.rows])]
    if not answer.rows or not numeric:
        raise QuerySyntaxError(
            "there is nothing to draw",
            hint="A chart needs rows whose first column is a time or a name, and a number in another.",
        )
    timed = over_time(answer)
    if timed and numeric[0] > 1:
        return _pivoted(answer, numeric[0])
    numeric, until = numeric[:MAX_SERIES], numeric[0]
    return Plot(
        names=[_name(row[:until]) for row in answer.rows],
        series=[(answer.columns[at], [_number(row[at]) for row in answer.rows]) for at in numeric],
        over_time=timed,
        keys=[tuple(row[:until]) for row in answer.rows],
        key_columns=answer.columns[:until],
    )


def _pivoted(answer: Answer, at: int) -> Plot:
    times = list(dict.fromkeys(row[0] for row in answer.rows))
    totals: dict[str, float] = {}
    found: dict[tuple[Any, str], float] = {}
    for row in answer.rows:
        name = _name(row[1:at])
        value = _number(row[at]) or 0.0
        totals[name] = totals.get(name, 0.0) + value
        found[row[0], name] = found.get((row[0], name), 0.0) + value
    names = sorted(totals, key=lambda name: -totals[name])[:MAX_SERIES]
    return Plot(
        names=[_name([time]) for time in times],
        series=[(name, [found.get((time, name), 0.0) for time in times]) for name in names],
        over_time=True,
        keys=[(time,) for time in times],
        key_columns=answer.columns[:1],
    )


def over_time(answer: Answer) -> bool:
    """Whether the first column is a time."""
    values = [row[0] for row in answer.rows if row[0] is not None]
    if answer.columns[0] == "__time__":
        return True
    return bool(values) and all(isinstance(value, str) and _TIME.match(value) for value in values)


def slices(plot: Plot) -> list[tuple[int | None, float]]:
    """Of a pie of the first series: the place of each row with its value, the greatest first; None for all others
    together. QuerySyntaxError where there is nothing to divide."""
    values = plot.series[0][1]
    order = sorted(
        (at for at, value in enumerate(values) if value and value > 0), key=lambda at: -(values[at] or 0)
    )
    if not order or any(value is not None and value < 0 for value in values):
        raise QuerySyntaxError(
            "there is nothing to divide", hint="A pie needs numbers above 0; a bar chart shows any."
        )
    most = MAX_SLICES if len(order) <= MAX_SLICES else MAX_SLICES - 1
    parts: list[tuple[int | None, float]] = [(at, values[at] or 0.0) for at in order[:most]]
    rest = sum(values[at] or 0.0 for at in order[most:])
    return [*parts, (None, rest)] if rest else parts


def figures(answer: Answer) -> list[tuple[str, int | float]]:
    """Name and value of each number of the first row, at most four. QuerySyntaxError where there is none."""
    row = answer.rows[0] if answer.rows else []
    found = [
        (name, value)
        for name, value in zip(answer.columns, row, strict=False)
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if not found:
        raise QuerySyntaxError(
            "there is no number to show", hint="As in * | SELECT count(*) AS events: the first row is shown."
        )
    return found[:4]


def _is_numeric(values: list[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in known
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


_MOMENT = re.compile(r"\d{4}-(\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?(\.\d+)?")


def tick(name: str) -> str:
    """A name as it stands under a chart over time: of a full moment, month, day and minute."""
    moment = _MOMENT.match(name)
    return f"{moment[1]} {moment[2]}" if moment else name


def _name(cells: Any) -> str:
    """As in `shop / BackOff`."""
    return " / ".join("" if cell is None else str(cell) for cell in cells)
