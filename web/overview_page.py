"""`/`: is it collecting, how much is there, what is wrong most, what died of memory, what is new."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response
from markupsafe import Markup

from eventcenter import charts
from eventcenter.model import Event, Overview, TopEntry
from eventcenter.query import MAX_VALUES, EventQuery
from eventcenter.rules import ERROR_SEVERITIES, built_in
from web import links, params, trend
from web.collecting import Collecting, collecting
from web.i18n import _
from web.preferences import preferences
from web.present import number
from web.render import page
from web.site import center
from web.trend import Bar
from web.window import Window, window

NEWEST = 12
SAME_KILL_MS = 2_000
"""The kernel's line and the Pod's event about one kill are not further apart."""


@dataclass(frozen=True, slots=True)
class Tile:
    word: str
    value: int
    url: str
    token: str = ""
    note: str = ""
    arrow: str = ""


@dataclass(frozen=True, slots=True)
class TopRow:
    value: str
    occurrences: int
    url: str
    share: float
    """Of the first row, in per cent: the length of the bar."""


@dataclass(frozen=True, slots=True)
class View:
    window: Window
    collecting: Collecting
    overview: Overview
    tiles: list[Tile]
    chart: Markup
    bars: list[Bar]
    tops: list[tuple[str, str, list[TopRow]]]
    oom: list[Event]
    newest: list[Event]


def show() -> Response:
    asked = window(center().now())
    try:
        params.check_overview_range(asked.range.from_time, asked.range.end(center().now()))
    except params.BadParameter as error:
        asked.errors.setdefault(error.field, error)
    if asked.errors:
        return page("overview.html", status=400, window=asked, view=None)
    return page("overview.html", window=asked, view=_view(asked))


def live() -> Response:
    asked = window(center().now())
    return page("overview_live.html", window=asked, view=_view(asked))


def _view(asked: Window) -> View:
    here = center()
    now, zone = here.now(), preferences().zone
    since, until = asked.range.from_time, asked.range.end(now)
    overview = here.reader.overview(since, until, zone, now)
    drawn = charts.trend(trend.trend_chart(overview, zone), "svg", standalone=False)
    warnings = EventQuery(
        from_time=since, to_time=asked.range.to_time, filters={"level": ("Warning",)}, limit=NEWEST
    )
    return View(
        window=asked,
        collecting=collecting(here),
        overview=overview,
        tiles=_tiles(overview, since, until),
        chart=Markup(drawn.decode()),
        bars=trend.bars(overview)[0],
        tops=[
            (_("Top reasons"), "reason", _rows("reason", overview.top_reasons)),
            (_("Top namespaces"), "namespace", _rows("namespace", overview.top_namespaces)),
            (_("Top nodes"), "host", _rows("host", overview.top_nodes)),
        ],
        oom=kills(overview.oom),
        newest=here.reader.list_events(warnings).events,
    )


def _tiles(overview: Overview, since: int, until: int) -> list[Tile]:
    totals = overview.totals
    errors_url = _errors_url(since, until) if totals.errors else links.page_url("/events", level="Warning")
    arrow, note = _compared(overview.errors_today, overview.errors_yesterday)
    return [
        Tile(_("Events"), totals.total, links.page_url("/events")),
        Tile(_("Normal"), totals.normal, links.page_url("/events", level="Normal"), "normal"),
        Tile(_("Warning"), totals.warning, links.page_url("/events", level="Warning"), "medium"),
        Tile(_("Errors"), totals.errors, errors_url, "critical", _("critical or high")),
        Tile(_("Errors today"), overview.errors_today, errors_url, "critical", note, arrow),
    ]


def _errors_url(since: int, until: int) -> str:
    """The events behind the number: those of the severe problems that there are in the range."""
    severe = built_in().with_severity(ERROR_SEVERITIES)
    found = [problem for problem in center().reader.values("problem", since, until) if problem in severe]
    return links.page_url("/events", problem=",".join(found[:MAX_VALUES]))


def _compared(today: int, yesterday: int) -> tuple[str, str]:
    if today == yesterday:
        return "", _("as many as yesterday at this time")
    words = _("yesterday at this time: %(count)s", count=number(yesterday))
    if not yesterday:
        return "▲", words
    change = round((today - yesterday) / yesterday * 100)
    return ("▲" if change > 0 else "▼"), f"{change:+d} % · {words}".replace("-", "−")


def kills(events: list[Event]) -> list[Event]:
    """One entry for each kill: the node's word for one that a Pod's event tells too is left out."""
    pods = [event for event in events if event.kind == "Pod"]
    return [
        event
        for event in events
        if event.kind == "Pod"
        or not any(
            pod.hostname == event.hostname and abs(pod.last_time - event.last_time) <= SAME_KILL_MS
            for pod in pods
        )
    ]


def _rows(name: str, entries: list[TopEntry]) -> list[TopRow]:
    most = max((entry.occurrences for entry in entries), default=1) or 1
    return [
        TopRow(
            entry.value,
            entry.occurrences,
            links.page_url("/events", **{name: entry.value}),
            round(entry.occurrences / most * 100, 1),
        )
        for entry in entries[:8]
    ]
