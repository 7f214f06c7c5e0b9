"""Time in queries. A timestamp is text, `2026-11-23 06:00:00.000`, in UTC, with the name of a zone behind it where
`from_unixtime` was given one: so it is shown as the hosted product shows it, and sorts and compares as it stands.

Wherever a timestamp is taken, seconds since 1970 and RFC 3339 are too."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from eventcenter.errors import QuerySyntaxError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _DAY = timedelta(seconds=1), 86_400
_ZONED = re.compile(r"^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s+([A-Za-z][\w+\-/]{0,40})$")
_OFFSET = re.compile(r"^([+-])(\d\d):?(\d\d)$")

Moment = str | int | float

SECONDS = {"millisecond": 0.001, "second": 1, "minute": 60, "hour": 3600, "day": _DAY, "week": 7 * _DAY}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
UNITS = (*SECONDS, *MONTHS)


def moment(value: Moment) -> datetime:
    """QuerySyntaxError for what is no time, or none of Python's calendar."""
    try:
        if isinstance(value, str):
            return _parsed(value)
        return _EPOCH + timedelta(seconds=value)
    except (ValueError, OverflowError):
        raise QuerySyntaxError(
            f"{str(value)[:60]!r} is not a time",
            hint="Accepted: seconds since 1970, 2026-11-23 06:00:00, or RFC 3339.",
        ) from None


@lru_cache(maxsize=1024)
def _parsed(text: str) -> datetime:
    text = text.strip()
    if len(text) > 80:
        raise ValueError
    if zoned := _ZONED.match(text):
        return datetime.fromisoformat(zoned[1]).replace(tzinfo=zone(zoned[2]))
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """An IANA name or an offset such as +08:00."""
    if offset := _OFFSET.match(name):
        minutes = int(offset[2]) * 60 + int(offset[3])
        if minutes < 24 * 60:
            return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes), name)
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise QuerySyntaxError(
            f"time zone {name[:60]!r} is not known", hint="Give an IANA name, such as Asia/Shanghai."
        ) from None


def timestamp(value: datetime) -> str:
    text = value.replace(tzinfo=None).isoformat(" ", "milliseconds")
    return text if value.tzinfo is UTC else f"{text} {_zone_name(value)}"


def _zone_name(value: datetime) -> str:
    return getattr(value.tzinfo, "key", None) or str(value.tzinfo)


def from_unixtime(seconds: Moment, zone_name: str | None = None) -> str:
    found = moment(seconds)
    return timestamp(_in_zone(found, zone_name) if zone_name is not None else found)


def _in_zone(value: datetime, name: str) -> datetime:
    try:
        return value.astimezone(zone(str(name)))
    except OverflowError:
        raise QuerySyntaxError(f"the year of {timestamp(value)} is out of reach in {name[:60]!r}") from None


def to_unixtime(value: Moment) -> float:
    return (moment(value) - _EPOCH) / _SECOND


def as_timestamp(value: Moment) -> str:
    found = moment(value)
    return timestamp(found if _ZONED.match(str(value)) else found.astimezone(UTC))


def as_date(value: Moment) -> str:
    return moment(value).date().isoformat()


def date_trunc(unit: str, value: Moment) -> str:
    """The beginning of the second, minute, hour, day, week (Monday), month, quarter or year."""
    found = moment(value)
    unit = _unit(unit)
    if unit == "millisecond":
        return timestamp(found.replace(microsecond=found.microsecond // 1000 * 1000))
    if unit in ("second", "minute", "hour"):
        minute, second = (0 if unit == "hour" else found.minute), (found.second if unit == "second" else 0)
        return timestamp(found.replace(minute=minute, second=second, microsecond=0))
    first = found.date()
    if unit == "week":
        first = date.fromordinal(max(first.toordinal() - first.weekday(), 1))
    elif unit != "day":
        months = {"month": first.month, "quarter": (first.month - 1) // 3 * 3 + 1, "year": 1}
        first = first.replace(month=months[unit], day=1)
    return timestamp(datetime(first.year, first.month, first.day, tzinfo=found.tzinfo))


def _unit(name: str) -> str:
    lower = str(name).lower()
    if lower not in UNITS:
        raise QuerySyntaxError(f"unit {str(name)[:40]!r} is not known", hint=f"Known: {', '.join(UNITS)}.")
    return lower


def date_add(unit: str, amount: float, value: Moment) -> str:
    """`amount` may be negative. The last day of a month stays one where the day does not exist."""
    found, unit = moment(value), _unit(unit)
    try:
        if unit in SECONDS:
            return timestamp(found + timedelta(seconds=amount * SECONDS[unit]))
        month = found.year * 12 + found.month - 1 + int(amount) * MONTHS[unit]
        year, month = month // 12, month % 12 + 1
        return timestamp(found.replace(year=year, month=month, day=min(found.day, _days(year, month))))
    except (ValueError, OverflowError, TypeError):
        raise QuerySyntaxError(
            f"date_add: {str(amount)[:30]} {unit}s from {timestamp(found)} is no time"
        ) from None


def _days(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


def date_diff(unit: str, first: Moment, second: Moment) -> int:
    """Whole units from `first` to `second`, negative when that is earlier."""
    start, end, unit = moment(first), moment(second), _unit(unit)
    if unit in SECONDS:
        return int((end - start) / _SECOND / SECONDS[unit])
    sign = 1 if end >= start else -1
    start, end = (start, end) if sign > 0 else (end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    months -= (end.day, end.time()) < (start.day, start.time())
    return sign * (months // MONTHS[unit])


def part(name: str, value: Moment) -> int:
    """A field of a time, for `hour(x)` and `extract(hour FROM x)`."""
    found = moment(value)
    name = name.lower()
    if name in ("year", "month", "day", "hour", "minute", "second"):
        return int(getattr(found, name))
    if name == "millisecond":
        return found.microsecond // 1000
    if name == "quarter":
        return (found.month - 1) // 3 + 1
    if name in ("day_of_week", "dow"):
        return found.isoweekday()
    if name in ("day_of_year", "doy"):
        return found.timetuple().tm_yday
    if name == "week":
        return found.isocalendar().week
    raise QuerySyntaxError(
        f"a time has no field {name[:40]!r}",
        hint="Known: year, quarter, month, week, day, day_of_week, day_of_year, hour, minute, second, millisecond.",
    )


# MySQL's letters, which Presto takes over: %i is the minute.
_LETTERS = {
    "Y": "%Y", "y": "%y", "m": "%m", "c": "%-m", "d": "%d", "e": "%-d", "H": "%H", "k": "%-H", "h": "%I", "I": "%I",
    "l": "%-I", "i": "%M", "s": "%S", "S": "%S", "p": "%p", "M": "%B", "b": "%b", "W": "%A", "a": "%a", "j": "%j",
    "T": "%H:%M:%S", "r": "%I:%M:%S %p", "f": "%f", "v": "%V", "x": "%G", "%": "%%",
}  # fmt: skip


@lru_cache(maxsize=256)
def _python_format(text: str, parsing: bool) -> str:
    def letter(found: re.Match[str]) -> str:
        known = _LETTERS.get(found[1])
        if known is None:
            raise QuerySyntaxError(
                f"%{found[1]} is no part of a time's format", hint=f"Known: %{', %'.join(_LETTERS)}."
            )
        return known.replace("-", "") if parsing else known

    if len(text) > 200:
        raise QuerySyntaxError("the format of a time has more than 200 characters")
    return re.sub(r"%(.?)", letter, text, flags=re.DOTALL).replace("\0", "")


def date_format(value: Moment, form: str) -> str:
    return moment(value).strftime(_python_format(str(form), False))


def date_parse(text: str, form: str) -> str:
    try:
        return timestamp(datetime.strptime(str(text), _python_format(str(form), True)).replace(tzinfo=UTC))
    except (ValueError, re.error):
        raise QuerySyntaxError(f"date_parse: {str(text)[:60]!r} is not of the format {form[:60]!r}") from None


def to_iso8601(value: Moment) -> str:
    return moment(value).isoformat(timespec="milliseconds").replace("+00:00", "Z")
