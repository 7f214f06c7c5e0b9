"""What can be asked of events: filters, a time range, a search expression, a page. Pure; shared by API, pages
and CLI.

`store` compiles an `EventQuery` into SQL. The search language here is the part that needs no fields: words,
phrases and prefixes, all of which must occur; the grammar grows in this module, and only here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from eventcenter.errors import QuerySyntaxError

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100
MAX_VALUES = 100
"""Of one filter."""
MAX_SEARCH_CHARS = 2_000

FIELDS = ("level", "kind", "namespace", "name", "reason", "host", "component", "problem")
"""The filters of `GET /api/v1/events`; each takes a comma-separated list, one of which must be equal."""

GLOB_FIELDS = frozenset({"name", "reason", "host"})
"""Filters whose values may hold `*`."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or with `phrase` several words in this order; `prefix`: the last word may go on."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A parsed search expression: every term must occur in message, name or reason. Without terms:
    everything."""

    terms: tuple[Term, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Times in ms, `from_time` inclusive, `to_time` exclusive. `filters` maps a name of FIELDS to accepted
    values."""

    from_time: int | None = None
    to_time: int | None = None
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    search: Search = Search()
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    order: Literal["desc", "asc"] = "desc"


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_RELATIVE = re.compile(r"^([+-])(\d{1,9})([smhdw])$")
TIME_FORMS = "RFC 3339 (2026-11-23T06:00:00Z), seconds since 1970, or relative to now (-15m, -1d, now)"


LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""


def parse_time(text: str, now: int) -> int:
    """Milliseconds of an RFC 3339 time, epoch seconds, or a time relative to `now` (ms); before 1970 is 1970."""
    return max(0, min(_milliseconds(text.strip(), now), LATEST))


def _milliseconds(text: str, now: int) -> int:
    if text == "now":
        return now
    if relative := _RELATIVE.match(text):
        sign, amount, unit = relative.groups()
        return now + (1 if sign == "+" else -1) * int(amount) * _UNITS[unit] * 1000
    if re.fullmatch(r"\d{1,11}(\.\d{1,9})?", text):
        return round(float(text) * 1000)
    try:
        moment = datetime.fromisoformat(text)
        # A time without a zone is UTC: guessing the server's zone would make links mean different things.
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise QuerySyntaxError(f"{text!r} is not a time", hint=f"Accepted: {TIME_FORMS}.") from None


def parse_list(name: str, text: str) -> tuple[str, ...]:
    """The values of a comma-separated filter; blank ones are dropped."""
    values = tuple(value for value in (part.strip() for part in text.split(",")) if value)
    if len(values) > MAX_VALUES:
        raise QuerySyntaxError(f"{name} has {len(values)} values", hint=f"Give at most {MAX_VALUES}.")
    if name not in GLOB_FIELDS:
        return values
    return tuple("*" if set(value) == {"*"} else value for value in values)


def parse_limit(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise QuerySyntaxError(
            f"limit {text!r} is not accepted", hint=f"Give a whole number from 1 to {MAX_LIMIT}."
        )
    return int(text)


def parse_search(source: str) -> Search:
    """Words, `"phrases in quotes"` and `prefixes*`; all must occur. QuerySyntaxError points at the place."""
    if len(source) > MAX_SEARCH_CHARS:
        raise QuerySyntaxError(
            f"the search has {len(source)} characters",
            hint=f"Use at most {MAX_SEARCH_CHARS}.",
            at=MAX_SEARCH_CHARS,
        )
    terms: list[Term] = []
    at = 0
    while at < len(source):
        char = source[at]
        if char.isspace():
            at += 1
        elif char == '"':
            end = source.find('"', at + 1)
            if end < 0:
                raise QuerySyntaxError(
                    f"the quote at character {at + 1} is not closed", hint='Add a closing ".', at=at
                )
            terms.append(Term(source[at + 1 : end]))
            at = end + 1
        else:
            end = at
            while end < len(source) and not source[end].isspace() and source[end] != '"':
                end += 1
            terms.append(_word(source[at:end], at))
            at = end
    return Search(tuple(term for term in terms if term.text.strip()), source)


def _word(word: str, at: int) -> Term:
    stem = word.rstrip("*")
    if "*" in stem:
        raise QuerySyntaxError(
            f"the * in {word!r} stands before its end",
            hint="A * may only end a word, as in back*.",
            at=at + stem.index("*"),
        )
    return Term(stem, prefix=stem != word)
