"""Every chart: numbers in, SVG or PNG out. The only importer of matplotlib, loaded with the first chart.

Matplotlib lays the chart out; for a page only its geometry is kept (`eventcenter.chart_svg`), so that colours
come from the page's style sheet, the chart is as wide as its place, and nothing needs inline styles.
"""

from __future__ import annotations

import io
import math
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from eventcenter.chart_svg import Link, from_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Format = Literal["svg", "png"]

_WIDTH = 960
_TICK_ROOM = 20
"""Pixels under the bars for the times."""
_MINUTE, _HOUR, _DAY = 60_000, 3_600_000, 86_400_000
_STEPS = (
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 30, 90, 365)),
)
_MAX_TICKS = 8

PALETTE = {
    "critical": "#a3123f",
    "high": "#c2410c",
    "medium": "#a16207",
    "low": "#2f6690",
    "info": "#5b636b",
    "normal": "#8aa399",
    "axis": "#5b636b",
    "grid": "#d9dce0",
}
"""What the tokens look like where no style sheet reaches: in a PNG and in an SVG on its own."""


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    token: str
    """One of PALETTE: in a page the class `fill-TOKEN`."""
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """Stacked bars over time; the first series stands at the bottom. Times in ms."""

    start: int
    bucket_ms: int
    series: tuple[Series, ...]
    zone: tzinfo = UTC
    links: tuple[Link, ...] = ()
    """One for each bucket, or none at all."""
    label: str = ""
    """What the chart shows, for those who cannot see it."""
    height: int = 180

    @property
    def buckets(self) -> int:
        return max((len(series.values) for series in self.series), default=0)


_lock = threading.Lock()
"""Matplotlib is not thread-safe, and the server has threads."""


@contextmanager
def drawing(settings: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Around all that is drawn: one at a time; text stays text; a fixed salt makes equal charts equal bytes."""
    import matplotlib

    fixed: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "eventcenter"}
    with _lock, matplotlib.rc_context(fixed | dict(settings or {})), warnings.catch_warnings():
        # An SVG is set in the fonts of whoever looks at it, which have the characters that ours has not.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        yield


def trend(chart: Trend, fmt: Format, *, standalone: bool = True) -> bytes:
    """An SVG that is not `standalone` brings no colours along: it is part of a page."""
    with drawing():
        return _drawn(chart, fmt, standalone)


@lru_cache(maxsize=32)
def _drawn(chart: Trend, fmt: Format, standalone: bool) -> bytes:
    figure = _figure(chart, fmt)
    if fmt == "png":
        return _save(figure, fmt, dpi=144, facecolor="white")
    drawn = _save(figure, fmt, dpi=72, transparent=True, metadata={"Date": None})
    return from_matplotlib(drawn, chart.links, chart.label, _TICK_ROOM, PALETTE if standalone else None)


def _save(figure: Figure, fmt: Format, **options: Any) -> bytes:
    out = io.BytesIO()
    figure.savefig(out, format=fmt, **options)
    return out.getvalue()


def _figure(chart: Trend, fmt: Format) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH / 72, chart.height / 72), dpi=72)
    foot = _TICK_ROOM / chart.height
    axes = figure.add_axes((0, foot, 1, 1 - foot))
    axes.set_axis_off()
    highest = max((sum(values) for values in zip(*(s.values for s in chart.series), strict=True)), default=0)
    top = max(highest, 1) * 1.12
    axes.set_xlim(0, max(chart.buckets, 1))
    axes.set_ylim(0, top)
    _draw_grid(axes, highest)
    _draw_bars(axes, chart, top)
    _draw_times(axes, chart)
    if fmt == "png":
        _draw_legend(axes, chart)
    return figure


def _draw_grid(axes: Axes, highest: int) -> None:
    from matplotlib.ticker import MaxNLocator

    levels = MaxNLocator(nbins=3, integer=True).tick_values(0, highest) if highest else []
    right = axes.get_xlim()[1]
    for level in (value for value in levels if 0 < value <= highest * 1.05):
        axes.hlines([level], 0, right, colors=PALETTE["grid"], linewidth=1, gid="stroke-grid", zorder=0)
        axes.annotate(
            _short(int(level)),
            (0, level),
            xytext=(2, 2),
            textcoords="offset points",
            fontsize=10,
            color=PALETTE["axis"],
            gid="axis",
        )
    axes.hlines([0], 0, right, colors=PALETTE["axis"], linewidth=1, gid="stroke-axis", clip_on=False)


def _short(number: int) -> str:
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + unit
    return str(number)


def _draw_bars(axes: Axes, chart: Trend, top: float) -> None:
    """One path a series: a patch for every bar takes three times as long."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    gap = 0.1 if chart.buckets > 8 else 0.25
    least = top * 1.5 / (chart.height - _TICK_ROOM)  # a single error among thousands has to be seen
    base = [0.0] * chart.buckets
    for series in chart.series:
        boxes = []
        for at, value in enumerate(series.values):
            if value <= 0:
                continue
            low, base[at] = base[at], base[at] + max(float(value), least)
            left, right, high = at + gap, at + 1 - gap, base[at]
            corners = [(left, low), (left, high), (right, high), (right, low), (left, low)]
            boxes.append(Path(corners, closed=True))
        if boxes:
            path = Path.make_compound_path(*boxes)
            # `add_patch` would measure every bar to set limits that are set already: half of the time of a chart.
            axes.add_artist(
                PathPatch(path, facecolor=PALETTE[series.token], linewidth=0, gid=f"fill-{series.token}")
            )


def _draw_times(axes: Axes, chart: Trend) -> None:
    for at, text in ticks(chart.start, chart.start + chart.buckets * chart.bucket_ms, chart.zone):
        axes.annotate(
            text,
            ((at - chart.start) / chart.bucket_ms, 0),
            xytext=(0, -14),
            textcoords="offset points",
            fontsize=10,
            ha="center",
            color=PALETTE["axis"],
            gid="axis",
            annotation_clip=False,
        )


def _draw_legend(axes: Axes, chart: Trend) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=PALETTE[s.token], label=s.name) for s in chart.series]
    axes.legend(handles=handles, loc="upper right", ncols=len(handles), frameon=False, fontsize=9)


def ticks(start: int, end: int, zone: tzinfo) -> list[tuple[int, str]]:
    """Round times of the zone between start and end, at most eight, each with its label."""
    step = next((step for step in _STEPS if (end - start) / step <= _MAX_TICKS), None)
    step = step or _STEPS[-1] * math.ceil((end - start) / _STEPS[-1] / _MAX_TICKS)
    margin = (end - start) * 0.02  # a label at the very edge would be cut
    moment = _midnight(start, zone)
    found: list[tuple[int, str]] = []
    while moment and (time := int(moment.timestamp() * 1000)) < end:
        if start + margin <= time <= end - margin:
            found.append((time, _tick_label(moment, step)))
        moment = _later(moment, step, zone)
    return found


def _midnight(time: int, zone: tzinfo) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(time / 1000, zone)
    except (OverflowError, ValueError):
        return None  # the year 10000 in this zone
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _later(moment: datetime, step: int, zone: tzinfo) -> datetime | None:
    """Wall-clock arithmetic for days, elapsed time below: a day of 23 hours keeps its midnight."""
    try:
        if step >= _DAY:
            return moment + timedelta(milliseconds=step)
        return datetime.fromtimestamp(moment.timestamp() + step / 1000, zone)
    except (OverflowError, ValueError):
        return None  # the year 10000


def _tick_label(moment: datetime, step: int) -> str:
    if step >= 90 * _DAY:
        return f"{moment:%Y-%m}"
    return f"{moment:%m-%d}" if step >= _DAY or (moment.hour, moment.minute) == (0, 0) else f"{moment:%H:%M}"
