"""`/usage`: what the bill of a hosted service says, and what another retention would cost and delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from flask import Response, request
from markupsafe import Markup

from eventcenter import charts
from eventcenter.chart_svg import Link
from eventcenter.charts import Series, Trend
from eventcenter.settingtypes import show_duration
from eventcenter.shapes import rfc3339
from eventcenter.sizing import Cost, Forecast, forecast
from eventcenter.usage import Amount, DayUsage, Going, NamedUsage, Usage, added_up
from web import links, params
from web.i18n import _
from web.params import BadParameter
from web.present import number, size
from web.render import page
from web.site import center
from web.trend import MAX_BARS
from web.usage_params import USAGE_DAYS, USAGE_ROWS, asked_retention, retention_in_force, retention_parsers
from web.window import Window, window

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Row:
    """Some events, and the address of their list; none where no filter can name them."""

    name: str
    second: str
    amount: Amount
    share: float
    url: str | None
    levels: dict[str, int]


@dataclass(frozen=True, slots=True)
class CostRow:
    name: str
    cost: Cost
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class View:
    usage: Usage
    forecast: Forecast
    kept: str
    all_from: str
    """The first day of which something is stored; links lead back to it."""
    stored: Amount
    events_chart: Markup
    bytes_chart: Markup
    days: list[Row]
    tables: list[tuple[str, list[Row]]]
    pairs: list[Row]
    costs: list[CostRow]
    going: Going | None
    going_settings: str
    """The lines of the settings file that would make it so."""


def show() -> Response:
    now = center().now()
    asked = window(now, f"-{USAGE_DAYS}d")
    values, errors = params.read(request.args, retention_parsers())
    try:
        wanted = asked_retention(values) if not errors else None
    except BadParameter as error:
        wanted, errors = None, {error.field: error}
    if asked.errors:
        return page("usage.html", status=400, window=asked, errors=errors, view=None)
    going = center().going(wanted) if wanted else None
    view = _view(asked, now, going)
    return page("usage.html", status=400 if errors else 200, window=asked, errors=errors, view=view)


def _view(asked: Window, now: int, going: Going | None) -> View:
    here = center()
    usage = here.reader.usage(asked.range.from_time, asked.range.end(now), now, USAGE_ROWS)
    kept = retention_in_force(here)
    expected = forecast(usage, kept)
    return View(
        usage=usage,
        forecast=expected,
        kept=_retention(kept.normal_ms, kept.warning_ms),
        all_from=rfc3339(_oldest(usage)),
        stored=added_up(usage.total.values()),
        events_chart=_chart(usage, _("Events a day, by level"), "events"),
        bytes_chart=_chart(usage, _("Bytes a day, by level"), "bytes"),
        days=[_day_row(day) for day in reversed(usage.days)],
        tables=[
            (_("Namespaces"), _rows("namespace", usage, usage.namespaces)),
            (_("Reasons"), _rows("reason", usage, usage.reasons)),
            (_("Kinds"), _rows("kind", usage, usage.kinds)),
        ],
        pairs=_pair_rows(usage),
        costs=[_cost_row(cost, kept.normal_ms, kept.warning_ms) for cost in expected.alternatives],
        going=going,
        going_settings=_settings(going) if going else "",
    )


def _oldest(usage: Usage) -> int:
    """Not further back than the overview can show, to which the range travels."""
    first = usage.history[0].time if usage.history else usage.now // DAY_MS * DAY_MS
    return max(first, (usage.now // DAY_MS - params.MAX_OVERVIEW_DAYS + 1) * DAY_MS)


def _chart(usage: Usage, label: str, what: str) -> Markup:
    """Days side by side; joined when there are more than a screen can show."""
    together = -(-len(usage.days) // MAX_BARS) or 1
    groups = [usage.days[at : at + together] for at in range(0, len(usage.days), together)]
    sums = [(_sum(group, "Normal"), added_up(day.amount for day in group)) for group in groups]
    normal = tuple(getattr(of_normal, what) for of_normal, _all in sums)
    other = tuple(
        getattr(every, what) - of_normal for (_n, every), of_normal in zip(sums, normal, strict=True)
    )
    chart = Trend(
        start=usage.days[0].time if usage.days else usage.now,
        bucket_ms=together * DAY_MS,
        series=(Series(_("Normal"), "normal", normal), Series(_("Warning"), "medium", other)),
        zone=UTC,
        links=tuple(
            Link(_days_url(group[0].time, group[-1].time + DAY_MS), _title(group[0].time, every))
            for group, (_n, every) in zip(groups, sums, strict=True)
        ),
        label=label,
        height=140,
    )
    return Markup(charts.trend(chart, "svg", standalone=False).decode())


def _sum(days: list[DayUsage], level: str) -> Amount:
    return added_up(day.levels.get(level, Amount()) for day in days)


def _title(time: int, amount: Amount) -> str:
    return "{} UTC\n{}: {}\n{}: {}\n{}".format(
        rfc3339(time)[:10],
        _("Events"),
        number(amount.events),
        _("Occurrences"),
        number(amount.occurrences),
        size(amount.bytes),
    )


def _days_url(since: int, until: int, **filters: str) -> str:
    return links.page_url("/events", from_=rfc3339(since), to=rfc3339(until), **filters)


def _day_row(day: DayUsage) -> Row:
    levels = {level: amount.events for level, amount in day.levels.items()}
    url = _days_url(day.time, day.time + DAY_MS)
    return Row(rfc3339(day.time)[:10], "", day.amount, 0.0, url, levels)


def _rows(name: str, usage: Usage, entries: list[NamedUsage]) -> list[Row]:
    if not usage.days:
        return []
    since, until = usage.days[0].time, usage.days[-1].time + DAY_MS
    return [
        Row(
            entry.value,
            "",
            entry.amount,
            round(entry.share * 100, 1),
            _days_url(since, until, **{name: entry.value}) if entry.value else None,
            {},
        )
        for entry in entries
    ]


def _pair_rows(usage: Usage) -> list[Row]:
    if not usage.days:
        return []
    until = usage.days[-1].time + DAY_MS
    return [
        Row(
            pair.namespace,
            pair.reason,
            pair.amount,
            0.0,
            _days_url(usage.pairs_from, until, namespace=pair.namespace, reason=pair.reason)
            if pair.namespace and pair.reason
            else None,
            {},
        )
        for pair in usage.pairs
    ]


def _retention(normal_ms: int, warning_ms: int) -> str:
    if normal_ms == warning_ms:
        return show_duration(normal_ms)
    return _(
        "Normal %(normal)s, Warning %(warning)s",
        normal=show_duration(normal_ms),
        warning=show_duration(warning_ms),
    )


def _cost_row(cost: Cost, normal_ms: int, warning_ms: int) -> CostRow:
    normal, warning = show_duration(cost.kept.normal_ms), show_duration(cost.kept.warning_ms)
    url = (
        links.here_url(retention=normal, retention_warning=warning if warning != normal else None)
        + "#preview"
    )
    current = (cost.kept.normal_ms, cost.kept.warning_ms) == (normal_ms, warning_ms)
    return CostRow(_retention(cost.kept.normal_ms, cost.kept.warning_ms), cost, url, current)


def _settings(going: Going) -> str:
    normal, warning = show_duration(going.kept.normal_ms), show_duration(going.kept.warning_ms)
    return f"retention: {normal}" + (f"\nretention_warning: {warning}" if warning != normal else "")
