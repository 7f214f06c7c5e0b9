"""`/events`: the list, its filters, and the reason when it is empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from eventcenter.errors import QuerySyntaxError
from eventcenter.model import Page
from eventcenter.query import FIELDS, GLOB_FIELDS, EventQuery, parse_limit, parse_search
from web import params
from web.i18n import _
from web.params import BadParameter
from web.render import page
from web.site import center
from web.window import Window, window

ROWS = 50
_SUGGESTED = ("namespace", "reason", "kind", "host", "component", "problem")
"""The fields that the store keeps the values of."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the list without it."""

    name: str
    word: str
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    word: str
    value: str
    choices: list[str]
    hint: str = ""
    error: BadParameter | None = None


def field_words() -> dict[str, str]:
    return {
        "level": _("Level"),
        "kind": _("Kind"),
        "namespace": _("Namespace"),
        "name": _("Name"),
        "reason": _("Reason"),
        "host": _("Node"),
        "component": _("Component"),
        "problem": _("Problem"),
    }


def show() -> Response:
    asked = window(center().now())
    values, errors = _read(asked)
    found = None
    if not errors:
        try:
            found = _find(asked, values)
        except QuerySyntaxError as error:  # only the store can tell a cursor that it did not make
            errors["cursor"] = BadParameter("cursor", f"cursor: {error}", hint=error.hint)
    fields = _fields(asked, errors)
    return page(
        "events.html",
        status=400 if errors else 200,
        window=asked,
        fields=fields,
        errors=errors,
        found=found,
        **_shared(asked, found),
    )


def live() -> Response:
    asked = window(center().now())
    values, _errors = _read(asked)
    found = _find(asked, values)
    return page("events_live.html", window=asked, found=found, **_shared(asked, found))


def _read(asked: Window) -> tuple[dict[str, Any], dict[str, BadParameter]]:
    parsers: dict[str, params.Parser] = {
        **params.filter_parsers(),
        "q": parse_search,
        "limit": parse_limit,
        "cursor": str,
    }
    values, errors = params.read(request.args, parsers)
    return values, {**asked.errors, **errors}


def _find(asked: Window, values: dict[str, Any]) -> Page:
    query: EventQuery = params.event_query({"limit": ROWS, **values})
    in_range = EventQuery(
        from_time=asked.range.from_time,
        to_time=asked.range.to_time,
        filters=query.filters,
        search=query.search,
        limit=query.limit,
        cursor=query.cursor,
    )
    return center().reader.list_events(in_range)


def _shared(asked: Window, found: Page | None) -> dict[str, Any]:
    words = field_words()
    chips = [Chip(name, words[name], _given(name)) for name in FIELDS if _given(name)]
    if _given("q"):
        chips.append(Chip("q", _("Search"), _given("q")))
    first_page = not _given("cursor")
    return {
        "chips": chips,
        "first_page": first_page,
        # A search that takes all the time of a page is not repeated every few seconds.
        "is_live": first_page and asked.live and (found is None or found.searched_to is None),
        "understood": _understood(),
    }


def _understood() -> str:
    """How the search was understood, where that is not as it was typed."""
    typed = _given("q").strip()
    try:
        understood = str(parse_search(typed)) if typed else ""
    except QuerySyntaxError:
        return ""
    return "" if understood == typed else understood


def _given(name: str) -> str:
    return ",".join(text for text in _args().getlist(name) if text.strip())


def _args() -> MultiDict[str, str]:
    return request.args


def _fields(asked: Window, errors: dict[str, BadParameter]) -> list[Field]:
    reader, now = center().reader, center().now()
    words = field_words()
    globs = _("* stands for anything; several with commas")
    since, until = asked.range.from_time, asked.range.end(now)
    return [
        Field(
            name,
            words[name],
            _given(name),
            reader.values(name, since, until) if name in _SUGGESTED and not asked.errors else [],
            globs if name in GLOB_FIELDS else "",
            errors.get(name),
        )
        for name in FIELDS
        if name != "level"
    ]
