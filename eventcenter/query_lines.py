"""The lines of a query for a page: like `charts.trend`, geometry only, so that the page's style sheet colours them and
every point is a link."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eventcenter.chart_svg import Link, from_matplotlib
from eventcenter.charts import drawing
from eventcenter.query_plots import Plot, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH, _HEIGHT, _FOOT = 960, 260, 20
_TICKS = 8
_TICK = 16
"""Characters of a name under the chart."""


def lines(plot: Plot, links: Sequence[Link], label: str) -> bytes:
    """An SVG for a page: the n-th series has the class `stroke-series-N`, from 1. `links`: one for each name, or none
    at all."""
    from matplotlib.figure import Figure

    with drawing():
        figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=72)
        foot = _FOOT / _HEIGHT
        axes = figure.add_axes((0, foot, 1, 1 - foot))
        axes.set_axis_off()
        values = [value for _name, found in plot.series for value in found if value is not None]
        low, high = min([0.0, *values]), max([0.0, *values])
        axes.set_xlim(0, len(plot.names))
        axes.set_ylim(low * 1.12, (high or 1.0) * 1.12)
        _grid(axes, low, high)
        _series(axes, plot)
        _names(axes, plot.names, low * 1.12)
        out = io.BytesIO()
        figure.savefig(out, format="svg", dpi=72, transparent=True, metadata={"Date": None})
    return from_matplotlib(out.getvalue(), links, label, _FOOT, None)


def _grid(axes: Axes, low: float, high: float) -> None:
    from matplotlib.ticker import MaxNLocator

    right = axes.get_xlim()[1]
    for level in MaxNLocator(nbins=4).tick_values(low, high):
        if level and low <= level <= high * 1.05:
            axes.hlines([level], 0, right, colors="#888", linewidth=1, gid="stroke-grid", zorder=0)
            axes.annotate(
                f"{level:,.10g}",
                (0, level),
                xytext=(2, 2),
                textcoords="offset points",
                fontsize=10,
                gid="axis",
            )
    axes.hlines([0], 0, right, colors="#888", linewidth=1, gid="stroke-axis", clip_on=False)


def _series(axes: Axes, plot: Plot) -> None:
    """Points stand in the middle of their columns."""
    for number, (_name, found) in enumerate(plot.series, start=1):
        places = [at + 0.5 for at in range(len(found))]
        values = [float("nan") if value is None else value for value in found]
        axes.plot(places, values, gid=f"stroke-series-{number}")
        alone = [
            at
            for at, value in enumerate(found)
            if value is not None
            and all(found[near] is None for near in (at - 1, at + 1) if 0 <= near < len(found))
        ]
        if alone:  # a line needs two points
            left, right = [at + 0.3 for at in alone], [at + 0.7 for at in alone]
            axes.hlines([values[at] for at in alone], left, right, gid=f"stroke-series-{number}")


def _names(axes: Axes, names: list[str], bottom: float) -> None:
    step = max(1, -(-len(names) // _TICKS))
    for at in range(step // 2, len(names), step):
        text = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", tick(names[at]))
        text = text[: _TICK - 1] + "…" if len(text) > _TICK else text
        axes.annotate(
            text.replace("$", r"\$"),
            (at + 0.5, bottom),
            xytext=(0, -14),
            textcoords="offset points",
            fontsize=10,
            ha="center",
            gid="axis",
            annotation_clip=False,
        )
