"""Charts of the rows of a query, as files: lines, bars, a pie, single numbers, a table."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from eventcenter.charts import PALETTE, Format, drawing
from eventcenter.model import Answer
from eventcenter.query_plots import Plot, figures, plot, slices, tick
from eventcenter.query_plots import over_time as over_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Kind = Literal["auto", "line", "bar", "pie", "number", "table"]
MAX_BARS, MAX_TABLE_ROWS, MAX_TABLE_COLUMNS = 40, 20, 8
COLOURS = ("#2f6690", "#d08a1e", "#4d8f73", "#a3123f", "#7a5ea8", "#5b636b", "#3fa7c4", "#8c564b")
"""Of series: told apart also by those who see fewer colours."""
_LABEL = 40
"""Characters of a name beside its bar."""
_WIDTH = 10.0


def draw(answer: Answer, fmt: Format, kind: Kind = "auto", label: Callable[[str], str] = str) -> bytes:
    """`auto`: a line over time where the first column is a time, else a bar for each row. QuerySyntaxError where the
    rows do not fit the kind. `label` may change any text, for a font that has not its characters."""
    with drawing({"font.size": 10}):
        return _Drawer(answer, fmt, label).drawn(kind)


class _Drawer:
    def __init__(self, answer: Answer, fmt: Format, label: Callable[[str], str]) -> None:
        self._answer = answer
        self._fmt: Format = fmt
        self._label = label

    def drawn(self, kind: Kind) -> bytes:
        from matplotlib.figure import Figure

        draw, height = self._prepared(kind)
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        out = io.BytesIO()
        figure.savefig(
            out,
            format=self._fmt,
            dpi=144 if self._fmt == "png" else 72,
            metadata={"Date": None} if self._fmt == "svg" else None,
        )
        return out.getvalue()

    def _prepared(self, kind: Kind) -> tuple[Callable[[Axes], None], float]:
        """How to draw, and how high in inches."""
        if kind == "number":
            found = figures(self._answer)
            return lambda axes: self._numbers(axes, found), 2.0
        if kind == "table":
            return self._table, 0.6 + 0.3 * min(len(self._answer.rows), MAX_TABLE_ROWS)
        made = plot(self._answer)
        if kind == "pie":
            parts = slices(made)
            return lambda axes: self._pie(axes, made, parts), 4.0
        if kind == "line" or (kind == "auto" and made.over_time):
            return lambda axes: self._lines(axes, made), 4.0
        rows = min(len(made.names), MAX_BARS)
        return lambda axes: self._bars(axes, made, rows), 1.2 + 0.28 * rows * min(len(made.series), 3)

    def _lines(self, axes: Axes, made: Plot) -> None:
        places = range(len(made.names))
        for number, (name, found) in enumerate(made.series):
            values = [float("nan") if value is None else value for value in found]
            axes.plot(places, values, label=self._plain(name), color=COLOURS[number % len(COLOURS)])
        step = max(1, -(-len(made.names) // 10))
        names = [self._plain(tick(name)) for name in made.names]
        axes.set_xticks(list(places)[::step], names[::step], rotation=30, ha="right")
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        axes.grid(axis="y", color=PALETTE["grid"])
        _finish(axes, len(made.series))

    def _bars(self, axes: Axes, made: Plot, rows: int) -> None:
        count = len(made.series)
        width = 0.8 / count
        for number, (name, found) in enumerate(made.series):
            places = [place + (number - (count - 1) / 2) * width for place in range(rows)]
            values = [value or 0.0 for value in found[:rows]]
            axes.barh(places, values, width, label=self._plain(name), color=COLOURS[number % len(COLOURS)])
        axes.set_yticks(range(rows), [self._plain(name) for name in made.names[:rows]])
        axes.invert_yaxis()
        axes.grid(axis="x", color=PALETTE["grid"])
        _finish(axes, count)

    def _pie(self, axes: Axes, made: Plot, parts: list[tuple[int | None, float]]) -> None:
        total = sum(value for _at, value in parts)
        names = ["other" if at is None else self._plain(made.names[at]) for at, _value in parts]
        colours = [PALETTE["grid"] if at is None else COLOURS[n] for n, (at, _value) in enumerate(parts)]
        wedges, *_ = axes.pie(
            [value for _at, value in parts], colors=colours, startangle=90, counterclock=False,
            wedgeprops={"edgecolor": "white", "linewidth": 1},
        )  # fmt: skip
        shares = [
            f"{name}   {value:g} ({value / total:.0%})"
            for name, (_at, value) in zip(names, parts, strict=True)
        ]
        axes.legend(wedges, shares, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)

    def _numbers(self, axes: Axes, found: list[tuple[str, int | float]]) -> None:
        axes.set_axis_off()
        for at, (name, value) in enumerate(found):
            x = (at + 0.5) / len(found)
            shown = f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
            axes.text(x, 0.58, shown, ha="center", va="center", fontsize=36 if len(found) < 3 else 24)
            axes.text(
                x, 0.16, self._plain(name), ha="center", va="center", color=PALETTE["axis"], fontsize=12
            )

    def _table(self, axes: Axes) -> None:
        axes.set_axis_off()
        columns = [self._plain(name) for name in self._answer.columns[:MAX_TABLE_COLUMNS]]
        rows = [
            [self._plain("" if cell is None else str(cell)) for cell in row[:MAX_TABLE_COLUMNS]]
            for row in self._answer.rows[:MAX_TABLE_ROWS]
        ]
        made = axes.table(rows or [[""] * len(columns)], colLabels=columns, loc="upper left", cellLoc="left")
        made.auto_set_font_size(False)
        made.set_fontsize(10)
        made.scale(1, 1.5)
        for (row, _column), cell in made.get_celld().items():
            cell.visible_edges = "B"
            cell.set_edgecolor(PALETTE["grid"])
            if row == 0:
                cell.set_text_props(color=PALETTE["axis"])

    def _plain(self, value: Any) -> str:
        """No formulas: matplotlib reads what stands between two $ as mathematics."""
        text = self._label(re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", str(value)))
        return (text if len(text) <= _LABEL else text[: _LABEL - 1] + "…").replace("$", r"\$")


def _finish(axes: Axes, series: int) -> None:
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    if series > 1:
        axes.legend(frameon=False)
