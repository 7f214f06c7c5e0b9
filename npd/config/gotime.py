"""Reads times by Go's layouts (`Jan _2 15:04:05`), in which configuration files say how the times of a log look."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"

_MONTH_NUMBER = {name.lower(): n for n, long in enumerate(_MONTHS.split(), 1) for name in (long, long[:3])}

_FRACTION = r"(?:[.,](?P<{name}>\d+))?"


def _names(names: str, length: int | None = None) -> str:
    return f"(?i:{'|'.join(name[:length] for name in names.split())})"


# Longer ones first where one begins as another.
_PARTS = {
    "January": rf"(?P<month_name>{_names(_MONTHS)})",
    "Jan": rf"(?P<month_name>{_names(_MONTHS, 3)})",
    "Monday": _names(_DAYS),
    "Mon": _names(_DAYS, 3),
    "2006": r"(?P<year>\d{4})",
    "__2": r"(?P<yearday>[ \d][ \d]\d)",
    "002": r"(?P<yearday>\d{3})",
    "_2": r" ?(?P<day>\d{1,2})",
    "01": r"(?P<month>\d{2})",
    "02": r"(?P<day>\d{2})",
    "03": r"(?P<hour12>\d{2})",
    "04": r"(?P<minute>\d{2})",
    "05": r"(?P<second>\d{2})",
    "06": r"(?P<year2>\d{2})",
    "15": r"(?P<hour>\d{2})",
    "1": r"(?P<month>\d{1,2})",
    "2": r"(?P<day>\d{1,2})",
    "3": r"(?P<hour12>\d{1,2})",
    "4": r"(?P<minute>\d{1,2})",
    "5": r"(?P<second>\d{1,2})",
    "PM": r"(?P<half>AM|PM)",
    "pm": r"(?P<half>am|pm)",
    "MST": r"(?P<zone_name>[A-Z]{3,5}|[+-]\d{2})",
    "Z07:00:00": r"(?P<zone>Z|[+-]\d{2}:\d{2}:\d{2})",
    "Z07:00": r"(?P<zone>Z|[+-]\d{2}:\d{2})",
    "Z070000": r"(?P<zone>Z|[+-]\d{6})",
    "Z0700": r"(?P<zone>Z|[+-]\d{4})",
    "Z07": r"(?P<zone>Z|[+-]\d{2})",
    "-07:00:00": r"(?P<zone>[+-]\d{2}:\d{2}:\d{2})",
    "-07:00": r"(?P<zone>[+-]\d{2}:\d{2})",
    "-070000": r"(?P<zone>[+-]\d{6})",
    "-0700": r"(?P<zone>[+-]\d{4})",
    "-07": r"(?P<zone>[+-]\d{2})",
}
_TOKEN = re.compile(
    r"(?P<fraction>[.,](?:0+|9+)(?!\d))|_2006|Jan(?:uary)?(?![a-z])|Mon(?:day)?(?![a-z])|"
    + "|".join(re.escape(part) for part in sorted(_PARTS, key=len, reverse=True) if part[0] not in "JM")
    + "|MST"
)
_FUTURE_S = 86_400.0
"""A time without a year that lies further ahead than this was meant for last year: December, read in January."""


class BadLayout(ValueError):
    """One line: why no time can be read by it."""


class Layout:
    """A compiled layout. Times without a zone are local."""

    def __init__(self, layout: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        parts, at, named = [], 0, set[str]()
        for token in _TOKEN.finditer(layout):
            parts.append(re.escape(layout[at : token.start()]))
            parts.append(_part(token, layout))
            at = token.end()
            for name in re.findall(r"\?P<(\w+)>", parts[-1]):
                if name in named:
                    raise BadLayout(f"{layout!r} names the {name.replace('_', ' ')} twice")
                named.add(name)
        parts.append(re.escape(layout[at:]))
        self._pattern = re.compile("".join(parts), re.ASCII)

    def parse(self, text: str) -> float:
        """Seconds since 1970. ValueError when the text does not fit the layout."""
        found = self._pattern.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} does not fit the layout")
        fields = found.groupdict()
        moment = _moment(fields)
        if moment.year == _YEARLESS:
            return self._this_year(moment, fields)
        return _with_zone(moment, fields).timestamp()

    def _this_year(self, moment: datetime, fields: dict[str, str | None]) -> float:
        now = self._clock()
        year = datetime.fromtimestamp(now).year
        stamp = _with_zone(_in_year(moment, year), fields).timestamp()
        if stamp > now + _FUTURE_S:
            return _with_zone(_in_year(moment, year - 1), fields).timestamp()
        return stamp


def _part(token: re.Match[str], layout: str) -> str:
    text = token[0]
    if text == "_2006":  # Go reads it as `_` and a year
        return "_" + _PARTS["2006"]
    if token["fraction"]:
        digits = len(text) - 1
        if text[1] == "0":
            return rf"[.,](?P<fraction>\d{{{digits}}})"
        return _FRACTION.format(name="fraction")
    follows = layout[token.end() :]
    if text in ("05", "5") and not re.match(r"[.,](?:0+|9+)(?!\d)", follows):
        return _PARTS[text] + _FRACTION.format(name="fraction")
    return _PARTS[text]


_YEARLESS = 4
"""Stands for no year: a leap year, so that February 29 is a date."""


def _moment(fields: dict[str, str | None]) -> datetime:
    year = _year(fields)
    if fields.get("yearday"):
        day = datetime(year, 1, 1) + timedelta(days=int(fields["yearday"] or 0) - 1)
    else:
        day = datetime(year, _month(fields), int(fields.get("day") or 1))
    nanoseconds = (fields.get("fraction") or "").ljust(9, "0")[:9]
    return day.replace(
        hour=_hour(fields),
        minute=int(fields.get("minute") or 0),
        second=int(fields.get("second") or 0),
        microsecond=int(nanoseconds) // 1000,
    )


def _year(fields: dict[str, str | None]) -> int:
    if fields.get("year"):
        return int(fields["year"] or 0) or _YEARLESS
    if fields.get("year2"):
        short = int(fields["year2"] or 0)
        return short + (1900 if short >= 69 else 2000)
    return _YEARLESS


def _month(fields: dict[str, str | None]) -> int:
    name = fields.get("month_name")
    return _MONTH_NUMBER[name.lower()] if name else int(fields.get("month") or 1)


def _hour(fields: dict[str, str | None]) -> int:
    if fields.get("hour12") is None:
        return int(fields.get("hour") or 0)
    hour = int(fields["hour12"] or 0)
    if hour > 12:
        raise ValueError(f"there is no hour {hour} of twelve")
    half = (fields.get("half") or "").upper()
    if half == "PM" and hour < 12:
        return hour + 12
    return 0 if half == "AM" and hour == 12 else hour


def _in_year(moment: datetime, year: int) -> datetime:
    """February 29 of a year without one is March 1, as Go has it."""
    if (moment.month, moment.day) == (2, 29) and not (year % 4 == 0 and (year % 100 or year % 400 == 0)):
        return moment.replace(year=year, month=3, day=1)
    return moment.replace(year=year)


def _with_zone(moment: datetime, fields: dict[str, str | None]) -> datetime:
    zone = fields.get("zone")
    if zone is None:
        return (
            moment.replace(tzinfo=UTC) if fields.get("zone_name") in ("UTC", "GMT") else moment.astimezone()
        )
    if zone == "Z":
        return moment.replace(tzinfo=UTC)
    digits = zone[1:].replace(":", "").ljust(6, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:]))
    return moment.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset))
