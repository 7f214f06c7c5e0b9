"""A chart of the rows of a query: a line over time where the first column is a time, else a bar for each row."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from eventcenter.charts import PALETTE, Format
from eventcenter.errors import QuerySyntaxError
from eventcenter.model import Answer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_BARS, MAX_SERIES = 40, 8
_TIME = re.compile(r"\d{4}-\d\d(-\d\d)?|\d\d:\d\d|\d\d-\d\d")
_COLOURS = tuple(PALETTE[name] for name in ("low", "high", "normal", "critical", "medium", "info"))
_LABEL = 40
"""Characters of a name beside its bar."""


def draw(answer: Answer, fmt: Format) -> bytes:
    """QuerySyntaxError where no column behind the first holds numbers."""
    import matplotlib

    series = _series(answer)
    if not answer.rows or not series:
        raise QuerySyntaxError(
            "there is nothing to draw",
            hint="A chart needs rows whose first column is a time or a name, and a number in another.",
        )
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "eventcenter", "font.size": 10}):
        return _drawn(answer, series, fmt)


def _series(answer: Answer) -> list[int]:
    numeric = [at for at in range(1, len(answer.columns)) if _is_numeric([row[at] for row in answer.rows])]
    return numeric[:MAX_SERIES]


def _is_numeric(values: list[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in known
    )


def over_time(answer: Answer) -> bool:
    """Whether the first column is a time."""
    values = [row[0] for row in answer.rows if row[0] is not None]
    if answer.columns[0] == "__time__":
        return True
    return bool(values) and all(isinstance(value, str) and _TIME.match(value) for value in values)


def _drawn(answer: Answer, series: list[int], fmt: Format) -> bytes:
    from matplotlib.figure import Figure

    lines = over_time(answer)
    rows = answer.rows if lines else answer.rows[:MAX_BARS]
    height = 4.0 if lines else 1.2 + 0.28 * len(rows) * min(len(series), 3)
    figure = Figure(figsize=(10, height), layout="constrained")
    axes = figure.add_subplot()
    (_draw_lines if lines else _draw_bars)(axes, answer, rows, series)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if len(series) > 1:
        axes.legend(frameon=False)
    out = io.BytesIO()
    figure.savefig(
        out, format=fmt, dpi=144 if fmt == "png" else 72, metadata={"Date": None} if fmt == "svg" else None
    )
    return out.getvalue()


def _draw_lines(axes: Axes, answer: Answer, rows: list[list[Any]], series: list[int]) -> None:
    places = range(len(rows))
    for number, at in enumerate(series):
        values = [float("nan") if row[at] is None else float(row[at]) for row in rows]
        axes.plot(places, values, label=_plain(answer.columns[at]), color=_COLOURS[number % len(_COLOURS)])
    step = max(1, -(-len(rows) // 10))
    axes.set_xticks(list(places)[::step], [_plain(row[0]) for row in rows][::step], rotation=30, ha="right")
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.grid(axis="y", color=PALETTE["grid"])


def _draw_bars(axes: Axes, answer: Answer, rows: list[list[Any]], series: list[int]) -> None:
    width = 0.8 / len(series)
    for number, at in enumerate(series):
        values = [0.0 if row[at] is None else float(row[at]) for row in rows]
        places = [place + (number - (len(series) - 1) / 2) * width for place in range(len(rows))]
        axes.barh(
            places, values, width, label=_plain(answer.columns[at]), color=_COLOURS[number % len(_COLOURS)]
        )
    axes.set_yticks(range(len(rows)), [_name(row, series[0]) for row in rows])
    axes.invert_yaxis()
    axes.grid(axis="x", color=PALETTE["grid"])


def _name(row: list[Any], until: int) -> str:
    """All columns in front of the first number, as in `shop / BackOff`."""
    return _plain(" / ".join("" if cell is None else str(cell) for cell in row[:until]))


def _plain(value: Any) -> str:
    """No formulas: matplotlib reads what stands between two $ as mathematics."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", str(value))
    return (text if len(text) <= _LABEL else text[: _LABEL - 1] + "…").replace("$", r"\$")
