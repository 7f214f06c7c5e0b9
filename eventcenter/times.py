"""Times as people type them. Pure; shared by searches, queries and the parameters of addresses."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from eventcenter.errors import QuerySyntaxError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_RELATIVE = re.compile(r"^([+-])(\d{1,9})([smhdw])$")
MOMENT_FORMS = "RFC 3339 (2026-11-23T06:00:00Z) or seconds since 1970"
TIME_FORMS = "RFC 3339 (2026-11-23T06:00:00Z), seconds since 1970, or relative to now (-15m, -1d, now)"

LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""


def parse_time(text: str, now: int) -> int:
    """Milliseconds of an RFC 3339 time, epoch seconds, or a time relative to `now` (ms); before 1970 is 1970."""
    text = text.strip()
    if text == "now":
        return _bounded(now)
    if relative := _RELATIVE.match(text):
        sign, amount, unit = relative.groups()
        return _bounded(now + (1 if sign == "+" else -1) * int(amount) * _UNITS[unit] * 1000)
    return parse_moment(text, TIME_FORMS)


def parse_moment(text: str, accepted: str = MOMENT_FORMS) -> int:
    """Milliseconds of a time that does not depend on now; before 1970 is 1970."""
    if re.fullmatch(r"\d{1,11}(\.\d{1,9})?", text):
        return _bounded(round(float(text) * 1000))
    try:
        moment = datetime.fromisoformat(text)
        # A time without a zone is UTC: guessing the server's zone would make links mean different things.
        return _bounded(int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        raise QuerySyntaxError(f"{text!r} is not a time", hint=f"Accepted: {accepted}.") from None


def _bounded(time: int) -> int:
    return max(0, min(time, LATEST))
