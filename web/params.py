"""From the parameters of an address to what the reader is asked: shared by the API, the pages and the charts.

A parser is a function from the text to the value. `read` runs a table of them and collects what is wrong, so
that a page can show every message at its field while the API answers with the first one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.datastructures import MultiDict

from eventcenter.errors import EventCenterError, NotFoundError, QuerySyntaxError
from eventcenter.query import (
    DEFAULT_LIMIT,
    FIELDS,
    EventQuery,
    parse_limit,
    parse_list,
    parse_search,
    parse_time,
)

Parser = Callable[[str], Any]
Args = MultiDict[str, str]

_NEVER_BLANK = frozenset(
    {"limit", "order", "after", "wait", "consumer", "again", "format", "state", "ended", "preview"}
)
"""Blank is no number and no choice. Forms send blank fields, programs do so by mistake."""
MAX_WAIT = 30.0
MAX_OVERVIEW_DAYS = 3660
"""The store answers with a bucket for each week of the range, filled or not."""
_LAST_TIME = 253_402_300_799_000
"""The end of the year 9999, the last that RFC 3339 can write."""
_LEVELS = {"normal": "Normal", "warning": "Warning"}
_LOST_PLUS = re.compile(r"(.+T[\d:.]+) (\d\d:?\d\d)")


class BadParameter(EventCenterError):
    """A parameter of the address is wrong; `field` names it."""

    code = "bad_parameter"

    def __init__(self, field: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


@dataclass(frozen=True, slots=True)
class Range:
    """A time range; `to_time` is None when it ends now, and so moves."""

    from_time: int
    to_time: int | None

    def end(self, now: int) -> int:
        return now if self.to_time is None else self.to_time


def read(
    args: Args, parsers: Mapping[str, Parser], never_blank: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], dict[str, BadParameter]]:
    """The values of the parameters that are given, and what is wrong with others. Blank means not given."""
    values: dict[str, Any] = {}
    errors: dict[str, BadParameter] = {}
    for name, parser in parsers.items():
        given = [text for text in args.getlist(name) if text.strip() or name in never_blank]
        if not given:
            continue
        try:
            values[name] = parser(_single(name, given))
        except BadParameter as error:
            errors[name] = error
        except QuerySyntaxError as error:
            said = str(error) if str(error).startswith(name) else f"{name}: {error}"
            errors[name] = BadParameter(name, said, hint=error.hint)
    return values, errors


def read_strictly(args: Args, parsers: Mapping[str, Parser]) -> dict[str, Any]:
    """As `read`, but raises what is wrong, unknown parameters included."""
    for name in args:
        if name not in parsers and name != "instance":
            known = ", ".join(sorted([*parsers, "instance"]))
            raise BadParameter(name, f"parameter {name[:80]!r} is not known", hint=f"Known: {known}.")
    values, errors = read(args, parsers, _NEVER_BLANK)
    for error in errors.values():
        raise error
    return values


def _single(name: str, given: list[str]) -> str:
    if len(given) == 1:
        return given[0]
    if name in FIELDS:
        return ",".join(given)
    raise BadParameter(name, f"{name} is given {len(given)} times", hint="Give it once.")


def time_parser(now: int, zone: tzinfo = UTC) -> Parser:
    """A time without an offset is one of `zone`: the pages let people type the times that they see."""

    def parse(text: str) -> int:
        text = text.strip()
        if lost := _LOST_PLUS.fullmatch(text):  # a `+` that was not written %2B arrives as a space
            text = f"{lost[1]}+{lost[2]}"
        if (local := _local_time(text, zone)) is not None:
            return local
        return min(max(parse_time(text, now), 0), _LAST_TIME)

    return parse


def _local_time(text: str, zone: tzinfo) -> int | None:
    if zone is UTC or not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return None if moment.tzinfo else max(int(moment.replace(tzinfo=zone).timestamp() * 1000), 0)
    except (ValueError, OverflowError):
        return None


def _filter(name: str, text: str) -> tuple[str, ...]:
    values = parse_list(name, text)
    return tuple(_LEVELS.get(value.lower(), value) for value in values) if name == "level" else values


def one_of(name: str, *accepted: str) -> Parser:
    """A parser that takes one of these words, as they are written."""

    def parse(text: str) -> str:
        if text not in accepted:
            raise BadParameter(
                name, f"{name} {text[:80]!r} is not accepted", hint=f"Accepted: {', '.join(accepted)}."
            )
        return text

    return parse


def whole_number(name: str, text: str, last: int) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) > last:
        raise BadParameter(
            name, f"{name} {text[:80]!r} is not accepted", hint=f"Give a whole number from 0 to {last}."
        )
    return int(text)


def wait_seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
        raise BadParameter(
            "wait",
            f"wait {text[:80]!r} is not accepted",
            hint=f"Give seconds; at most {MAX_WAIT:.0f} are waited.",
        )
    return min(float(text), MAX_WAIT)


def zone(text: str) -> tzinfo:
    """An IANA name. Anything that is no name of the time zone data is refused, paths above all."""
    if text == "UTC":
        return UTC
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise BadParameter(
            "tz",
            f"time zone {text[:80]!r} is not known",
            hint="Give an IANA name, such as Asia/Shanghai or UTC.",
        ) from None


def filter_parsers() -> dict[str, Parser]:
    return {name: partial(_filter, name) for name in FIELDS}


def event_parsers(now: int, local: tzinfo = UTC) -> dict[str, Parser]:
    """The parameters of `GET /api/v1/events`."""
    time = time_parser(now, local)
    return {
        "from": time,
        "to": time,
        **filter_parsers(),
        "q": parse_search,
        "limit": parse_limit,
        "cursor": str,
        "order": one_of("order", "desc", "asc"),
        "format": form,
    }


form = one_of("format", "event", "record")
"""How a change or an event is shown."""


def overview_parsers(now: int) -> dict[str, Parser]:
    return {"from": time_parser(now), "to": time_parser(now), "tz": zone}


def event_query(values: Mapping[str, Any]) -> EventQuery:
    check_range(values.get("from"), values.get("to"))
    query = EventQuery(
        from_time=values.get("from"),
        to_time=values.get("to"),
        filters={name: values[name] for name in FIELDS if values.get(name)},
        limit=values.get("limit", DEFAULT_LIMIT),
        cursor=values.get("cursor"),
        order=values.get("order", "desc"),
        **({"search": values["q"]} if "q" in values else {}),
    )
    return query


def check_range(from_time: int | None, to_time: int | None) -> None:
    if from_time is not None and to_time is not None and from_time >= to_time:
        raise BadParameter(
            "to", "the range ends before it begins", hint="Give a `to` that is later than `from`."
        )


def check_overview_range(from_time: int, to_time: int) -> None:
    check_range(from_time, to_time)
    if to_time - from_time > MAX_OVERVIEW_DAYS * 86_400_000:
        raise BadParameter(
            "from", f"the range is longer than {MAX_OVERVIEW_DAYS} days", hint="Give a shorter one."
        )


def check_instances(args: Args, known: str) -> None:
    """`instance` may be repeated or comma-separated; each has to be one that there is."""
    asked = [name.strip() for text in args.getlist("instance") for name in text.split(",") if name.strip()]
    for name in asked:
        if name != known:
            raise NotFoundError(f"there is no instance {name[:80]!r}", hint=f"Known: {known}.")


def json_body(*names: str) -> dict[str, Any]:
    """The body of the request, a JSON object with no other keys than these."""
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadParameter(names[0], "the body is not a JSON object", hint=f"Its keys: {', '.join(names)}.")
    for key in body:
        if key not in names:
            raise BadParameter(names[0], f"{key[:80]!r} is not known", hint=f"Known: {', '.join(names)}.")
    return body
