"""The overview's numbers as a chart: what each bar is, says and leads to. For the page and for `/charts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from eventcenter.chart_svg import Link
from eventcenter.charts import Series, Trend
from eventcenter.model import EventDetail, Overview
from eventcenter.shapes import local, rfc3339
from web import links
from web.i18n import _
from web.present import level_token, number

MAX_BARS = 200


@dataclass(frozen=True, slots=True)
class Bar:
    """One bucket. The three counts are disjoint: an error is not counted again by its level."""

    start: int
    end: int
    normal: int
    warning: int
    errors: int


def bars(overview: Overview) -> tuple[list[Bar], int]:
    """The buckets and their width; neighbours are joined when there are more than a screen can show."""
    together = -(-len(overview.trend) // MAX_BARS) or 1
    width = overview.bucket_ms * together
    found = []
    for at in range(0, len(overview.trend), together):
        group = overview.trend[at : at + together]
        errors = sum(bucket.errors for bucket in group)
        warnings = sum(bucket.warning for bucket in group)
        total = sum(bucket.normal for bucket in group) + warnings
        # Most errors are Warnings, some (NodeNotReady) are Normal; the height is always the total.
        rest = max(warnings - errors, 0)
        start = group[0].time
        found.append(Bar(start, start + width, max(total - errors - rest, 0), rest, errors))
    return found, width


def trend_chart(overview: Overview, zone: tzinfo) -> Trend:
    found, width = bars(overview)
    return Trend(
        start=found[0].start if found else overview.from_time,
        bucket_ms=max(width, 1),
        series=(
            Series(_("Normal"), "normal", tuple(bar.normal for bar in found)),
            Series(_("Warning"), "medium", tuple(bar.warning for bar in found)),
            Series(_("Error"), "critical", tuple(bar.errors for bar in found)),
        ),
        zone=zone,
        links=tuple(Link(bar_url(bar), _title(bar, zone)) for bar in found),
        label=_("Events over time, by level"),
    )


def bar_url(bar: Bar) -> str:
    return links.page_url("/events", from_=rfc3339(bar.start), to=rfc3339(bar.end))


def _title(bar: Bar, zone: tzinfo) -> str:
    return "{:%m-%d %H:%M} – {:%H:%M}\n{}: {}\n{}: {}\n{}: {}".format(
        local(bar.start, zone),
        local(bar.end, zone),
        _("Error"),
        number(bar.errors),
        _("Warning"),
        number(bar.warning),
        _("Normal"),
        number(bar.normal),
    )


OCCURRENCE_BARS = 60
_LAST_TIME = 253_402_000_000_000
"""A cluster may send any time; the axis ends with the year 9999."""
_STEPS = tuple(seconds * 1000 for seconds in (1, 5, 15, 60, 300, 900, 3600, 10_800, 21_600, 86_400, 604_800))


def occurrence_chart(detail: EventDetail, zone: tzinfo) -> Trend | None:
    """When the event occurred, in at most sixty bars; None when there is nothing to compare."""
    if len(detail.occurrences) < 2:
        return None
    times = [min(max(entry.time, 0), _LAST_TIME) for entry in detail.occurrences]
    span = max(times) - min(times)
    width = next((step for step in _STEPS if span / step < OCCURRENCE_BARS), None)
    width = width or -(-span // (OCCURRENCE_BARS - 1))
    start = min(times) // width * width
    counts = [0] * ((max(times) - start) // width + 1)
    for time, entry in zip(times, detail.occurrences, strict=True):
        counts[(time - start) // width] += entry.occurrences
    token = level_token(detail.event.level)
    series = Series(_("Occurrences"), token, tuple(counts))
    return Trend(start, width, (series,), zone, label=_("Occurrences over time"), height=96)
