"""Where in the log of changes a request begins: a number, an end of the log, or a time."""

from __future__ import annotations

import re
from collections.abc import Callable

from eventcenter.ports import Center
from web.params import BadParameter, time_parser, whole_number

Start = Callable[[Center], int]
"""The number after which to begin, once the center is asked."""

LAST_NUMBER = 10**18 - 1
WORDS = ("oldest", "latest", "now")
_EVER = -(10**18)
_ACCEPTED = "Give the `next` of the answer before, latest, oldest, or a time (2026-11-23T06:00:00Z, -15m)."


def oldest(center: Center) -> int:
    """Before the first change that is stored."""
    return center.reader.before_time(_EVER)


def latest(center: Center) -> int:
    return center.store().seq


def numbered(number: int) -> Start:
    return lambda center: number


def parse_start(name: str, now: int, text: str) -> Start:
    """Plain digits are a number of a change, never a time."""
    text = text.strip()
    if text in WORDS:
        return oldest if text == "oldest" else latest
    if re.fullmatch(r"[0-9]+", text):
        return numbered(whole_number(name, text, LAST_NUMBER))
    if not re.match(r"[+-]\d|\d{4}-?(\d\d|W)", text) or re.fullmatch(r"[0-9.]+", text):
        raise BadParameter(name, f"{name} {text[:80]!r} is not accepted", hint=_ACCEPTED)
    time = time_parser(now)(text)
    return lambda center: center.reader.before_time(time)
