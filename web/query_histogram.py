"""How many events a search finds over time, above its results. Asked as a query like any other, so that it is read
from the roll-ups where the search only filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from eventcenter import charts
from eventcenter.chart_svg import Link
from eventcenter.charts import Series, Trend
from eventcenter.errors import QueryLimit, QuerySyntaxError
from eventcenter.shapes import local, rfc3339
from web import links
from web.i18n import _
from web.preferences import preferences
from web.present import number
from web.query_ask import Query, ask

BARS = 100
SECONDS = 2.0
"""What the histogram may take: its result is worth less than the rows under it, which wait for it."""
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_WIDTHS = (
    *(n * _MINUTE for n in (1, 5, 15, 30)),
    *(n * _HOUR for n in (1, 2, 3, 6, 12)),
    *(n * _DAY for n in (1, 2, 7, 14, 30, 90, 365)),
)
_FORM = "%Y-%m-%d %H:%i:%s"


@dataclass(frozen=True, slots=True)
class Histogram:
    chart: Markup
    total: int


def width_of(seconds: int) -> int:
    """Seconds of a bar, so that there are at most `BARS` and one more."""
    fit = next((width for width in _WIDTHS if seconds / width <= BARS), None)
    return fit or -(-seconds // (BARS * _DAY)) * _DAY


def histogram(query: Query, from_time: int, to_time: int | None, end: int) -> Histogram | None:
    """None where counting takes too long or the search is one that cannot be counted. Times in ms; `end` is where the
    axis ends."""
    width = width_of((end - from_time) // 1000)
    width_text = f"{width // _MINUTE}m" if width < _DAY else f"{width // _HOUR}h"
    text = (
        f"{query.search} | SELECT time_series(__time__, '{width_text}', '{_FORM}', '0') AS t, "
        "count_if(level = 'Warning') AS w, count(*) AS c GROUP BY t ORDER BY t LIMIT 1000"
    )
    try:
        rows = ask(text, from_time, to_time, seconds=SECONDS).rows
    except (QueryLimit, QuerySyntaxError):
        return None
    counts = {_seconds(row[0]): (int(row[1] or 0), int(row[2] or 0)) for row in rows}
    first = from_time // 1000 // width * width
    starts = range(first, max(first + 1, -(-end // 1000)), width)
    found = [counts.get(start, (0, 0)) for start in starts]
    return Histogram(_drawn(starts, width, found), sum(count for _warnings, count in found))


def _seconds(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())


def _drawn(starts: range, width: int, found: list[tuple[int, int]]) -> Markup:
    chart = Trend(
        start=starts[0] * 1000,
        bucket_ms=width * 1000,
        series=(
            Series(_("Normal"), "normal", tuple(count - warnings for warnings, count in found)),
            Series(_("Warning"), "medium", tuple(warnings for warnings, _count in found)),
        ),
        zone=preferences().zone,
        links=tuple(
            Link(_url(start, width), _title(start, width, *counts))
            for start, counts in zip(starts, found, strict=True)
        ),
        label=_("Matches over time"),
        height=96,
    )
    return Markup(charts.trend(chart, "svg", standalone=False).decode())


def _url(start: int, width: int) -> str:
    return links.here_url(from_=rfc3339(start * 1000), to=rfc3339((start + width) * 1000))


def _title(start: int, width: int, warnings: int, count: int) -> str:
    zone = preferences().zone
    begin, end = local(start * 1000, zone), local((start + width) * 1000, zone)
    return "{:%m-%d %H:%M} – {:%m-%d %H:%M}\n{}: {}\n{}: {}".format(
        begin, end, _("Warning"), number(warnings), _("Normal"), number(count - warnings)
    )
