"""The answer to a query as a chart of the page: lines, bars, a pie or single numbers, whose marks lead on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from eventcenter.chart_svg import Link
from eventcenter.model import Answer
from eventcenter.query_lines import lines
from eventcenter.query_plots import Plot, figures, plot, slices
from eventcenter.shapes import rfc3339
from web import links
from web.i18n import _
from web.present import visible
from web.query_ask import Query
from web.query_drill import Term, fields_of, term, with_terms
from web.query_table import written

BARS = 60
_NAME = 200


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of bars, or one slice."""

    name: str
    values: list[tuple[str, float]]
    """Of each series: how it is written, and its part (per cent) of the greatest, or of the whole."""
    url: str
    outline: str = ""
    """Of a slice: the path of its SVG, in a circle of radius 1."""
    token: int = 0
    """Number of its colour; 0 is `other`."""


@dataclass(frozen=True, slots=True)
class Chart:
    kind: str
    series: list[str]
    marks: list[Mark]
    drawn: str = ""
    """The SVG of lines, safe as it is."""
    more: int = 0
    """Rows that are not shown."""


def chart(kind: str, query: Query, answer: Answer) -> Chart:
    """QuerySyntaxError where the rows do not fit the kind."""
    if kind == "number":
        return Chart(kind, [], [Mark(name, [(written(value)[0], 0)], "") for name, value in figures(answer)])
    made = plot(answer)
    urls = _urls(query, made)
    names = [_shown(name) for name, _values in made.series]
    if kind == "pie":
        return Chart(kind, names, _slices(made, urls))
    if kind == "bar":
        return Chart(kind, names, _bars(made, urls), more=max(len(made.names) - BARS, 0))
    targets = [Link(url, _title(made, at)) for at, url in enumerate(urls)]
    drawn = lines(made, targets if all(urls) else _untied(targets), _("Result over time"))
    return Chart(kind, names, [], Markup(drawn.decode("utf-8", errors="replace")))


def _shown(name: str) -> str:
    return visible(name, _NAME) if name.strip() else _("(empty)")


def _untied(targets: list[Link]) -> list[Link]:
    """Without addresses a mark still has its tooltip; the page itself is where it leads."""
    here = links.here_url()
    return [Link(target.url or here, target.title) for target in targets]


def _title(made: Plot, at: int) -> str:
    said = [
        f"{_shown(name)}: {_written(found[at])}"
        for name, found in made.series
        if found[at] or len(made.series) == 1
    ]
    return "\n".join([_shown(made.names[at]), *said])


def _written(value: float | None) -> str:
    if value is None:
        return "–"
    return written(int(value) if value.is_integer() and abs(value) < 1e15 else value)[0]


def _bars(made: Plot, urls: list[str]) -> list[Mark]:
    shown = range(min(len(made.names), BARS))
    most = max((abs(found[at] or 0.0) for _name, found in made.series for at in shown), default=0.0) or 1.0
    return [
        Mark(
            _shown(made.names[at]),
            [
                (_written(found[at]), round(abs(found[at] or 0.0) / most * 100, 2))
                for _name, found in made.series
            ],
            urls[at],
        )
        for at in shown
    ]


def _slices(made: Plot, urls: list[str]) -> list[Mark]:
    parts = slices(made)
    total = sum(value for _at, value in parts)
    marks, begin = [], 0.0
    for token, (at, value) in enumerate(parts, start=1):
        share = value / total
        name = _("other") if at is None else _shown(made.names[at])
        outline = _wedge(begin, begin + share)
        url = "" if at is None else urls[at]
        marks.append(
            Mark(name, [(_written(value), round(share * 100, 1))], url, outline, 0 if at is None else token)
        )
        begin += share
    return marks


def _wedge(begin: float, end: float) -> str:
    """From the top, with the clock; parts of 1."""
    end = min(end, begin + 0.99999)  # an arc of a whole circle is none
    (x0, y0), (x1, y1) = (
        (math.sin(2 * math.pi * part), -math.cos(2 * math.pi * part)) for part in (begin, end)
    )
    return f"M0 0L{x0:.4f} {y0:.4f}A1 1 0 {int(end - begin > 0.5)} 1 {x1:.4f} {y1:.4f}Z"


def _urls(query: Query, made: Plot) -> list[str]:
    """Where each name leads: to the query for its values alone, or for its stretch of time; empty for neither."""
    if made.over_time:
        return _stretches(made.keys)
    fields = fields_of(query, made.key_columns)
    found = []
    for key in made.keys:
        terms = [term(field, value) for field, value in zip(fields, key, strict=True) if field is not None]
        known = [one for one in terms if isinstance(one, Term)]
        text = with_terms(query, known) if known and len(known) == len(terms) else None
        found.append(links.here_url(q=text) if text else "")
    return found


def _stretches(keys: list[tuple[Any, ...]]) -> list[str]:
    times = [_moment(key[0]) for key in keys]
    if len(times) < 2 or None in times:
        return ["" for _key in keys]
    known = [time for time in times if time is not None]
    widths = sorted(abs(later - time) for time, later in pairwise(known))
    width = widths[len(widths) // 2] or 1000
    return [links.here_url(from_=rfc3339(time), to=rfc3339(time + width)) for time in known]


def _moment(value: Any) -> int | None:
    """Milliseconds of a time that an answer shows, where it is a whole one; timestamps there are in UTC."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 253_402_300_800:
        return value * 1000
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1))
