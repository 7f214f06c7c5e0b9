"""The figures of `usage` as tables that fit the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventcenter.cli.showing import clean
from eventcenter.model import Retention
from eventcenter.settingtypes import show_duration
from eventcenter.shapes import rfc3339
from eventcenter.sizing import Cost, Forecast, Rate
from eventcenter.usage import Amount, NamedUsage, Usage, added_up

PIPE_WIDTH = 200
"""Into a pipe nothing is cut."""
_UNITS = ("B", "kB", "MB", "GB", "TB")


def show(usage: Usage, forecast: Forecast, kept: Retention) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, emoji=False, width=PIPE_WIDTH)
    _summary(console, usage, forecast, kept)
    if not usage.total:
        console.print("Nothing is stored yet.")
        return
    _days(console, usage)
    for title, entries in (
        ("namespace", usage.namespaces),
        ("reason", usage.reasons),
        ("kind", usage.kinds),
    ):
        _named(console, title, entries)
    _pairs(console, usage)
    _costs(console, forecast)


def size(amount: float) -> str:
    """Decimal, as disks are sold and `max_size` is given."""
    units = list(_UNITS)
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.0f} {units[0]}" if units[0] == "B" or amount >= 100 else f"{amount:.1f} {units[0]}"


def retention(kept: Retention) -> str:
    if kept.normal_ms == kept.warning_ms:
        return show_duration(kept.normal_ms)
    return f"{show_duration(kept.normal_ms)}, Warning {show_duration(kept.warning_ms)}"


def _summary(console: Console, usage: Usage, forecast: Forecast, kept: Retention) -> None:
    total, space, growth = added_up(usage.total.values()), usage.space, forecast.growth
    since = f", since {rfc3339(usage.since)}" if usage.since is not None else ""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    rows = [
        (
            "stored",
            f"{total.events:,} events ({total.occurrences:,} occurrences) in {size(space.used)}{since}",
        ),
        ("file", f"{size(space.file)}, {size(space.free)} of it free"),
        ("disk", f"{size(space.disk_free)} free of {size(space.disk_total)}"),
        ("a day", _rate(growth.week, growth.days)),
        ("before", _before(growth.before, growth.change)),
        ("retention", retention(kept) + (f", at most {size(kept.max_bytes)}" if kept.max_bytes else "")),
        ("settles at", _settles(forecast.settled)),
        ("disk full", _full(forecast)),
    ]
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)


def _rate(rate: Rate | None, days: float) -> str:
    if rate is None:
        return "not known yet: less than an hour is stored"
    return f"about {rate.events:,.0f} events, {size(rate.bytes)} (mean of {days:g} days)"


def _before(rate: Rate | None, change: float | None) -> str:
    if rate is None:
        return "not known: the 7 days before are not stored as a whole"
    changed = f", so {change:+.0%} now" if change is not None else ""
    return f"{rate.events:,.0f} events, {size(rate.bytes)} a day in the 7 days before{changed}"


def _settles(cost: Cost | None) -> str:
    return f"about {size(cost.bytes)}, {cost.events:,} events" if cost else "not known yet"


def _full(forecast: Forecast) -> str:
    if forecast.settled is None:
        return "not known yet"
    days = forecast.full_in_days
    return "never, at this rate" if days is None else f"in about {days} days, at this rate"


def _table(title: str, *names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", title_justify="left")
    table.add_column(title, overflow="ellipsis", no_wrap=True, min_width=10)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _figures(amount: Amount) -> Sequence[str]:
    return f"{amount.events:,}", f"{amount.occurrences:,}", size(amount.bytes)


def _days(console: Console, usage: Usage) -> None:
    levels = sorted({level for day in usage.days for level in day.levels})
    table = _table("day (UTC)", *(clean(level)[:12] for level in levels), "events", "occurrences", "bytes")
    for day in usage.days:
        by_level = (f"{day.levels.get(level, Amount()).events:,}" for level in levels)
        table.add_row(rfc3339(day.time)[:10], *by_level, *_figures(day.amount))
    _print(console, table)


def _named(console: Console, title: str, entries: Iterable[NamedUsage]) -> None:
    table = _table(title, "events", "occurrences", "bytes", "share")
    for entry in entries:
        table.add_row(_value(entry.value), *_figures(entry.amount), f"{entry.share:.1%}")
    _print(console, table)


def _pairs(console: Console, usage: Usage) -> None:
    table = _table(f"namespace, since {rfc3339(usage.pairs_from)[:10]}")
    table.add_column("reason", overflow="ellipsis", no_wrap=True)
    for name in ("events", "occurrences", "bytes"):
        table.add_column(name, justify="right", no_wrap=True)
    for pair in usage.pairs:
        table.add_row(_value(pair.namespace), _value(pair.reason), *_figures(pair.amount))
    _print(console, table)


def _costs(console: Console, forecast: Forecast) -> None:
    table = _table("another retention", "events", "bytes", "fits")
    for cost in forecast.alternatives:
        table.add_row(
            retention(cost.kept), f"{cost.events:,}", size(cost.bytes), "yes" if cost.fits else "no"
        )
    _print(console, table)


def _value(text: str) -> Text:
    """Of a cluster: its control characters are not for the terminal."""
    return Text(clean(text) or "(none)")


def _print(console: Console, table: Table) -> None:
    if table.row_count:
        console.print()
        console.print(table)
