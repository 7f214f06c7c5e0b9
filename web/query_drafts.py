"""What somebody wants to keep as a saved query, from JSON or a form, checked before it is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventcenter.errors import QuerySyntaxError
from eventcenter.model import QueryDraft, SavedQuery
from web.params import BadParameter
from web.query_ask import parse_chart, parse_query

FIELDS = ("name", "query", "range", "chart", "on_board", "place")
MAX_NAME = 100
MAX_PLACE = 1_000_000
RANGE = r"-[1-9]\d{0,5}[smhdw]"
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def draft(given: Mapping[str, Any]) -> QueryDraft:
    """BadParameter names what is wrong."""
    for name in given:
        if name not in FIELDS:
            raise BadParameter(name, f"{name[:80]!r} is not known", hint=f"Known: {', '.join(FIELDS)}.")
    chart = _text(given, "chart", "table")
    return QueryDraft(
        name=_name(given),
        query=_query(given),
        range=_range(given),
        chart=parse_chart(chart),
        on_board=_flag(given.get("on_board", False)),
        place=_place(given.get("place")),
    )


def shape(saved: SavedQuery) -> dict[str, Any]:
    return {"id": saved.id, **{name: getattr(saved, name) for name in FIELDS}}


def _text(given: Mapping[str, Any], name: str, default: str) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise BadParameter(name, f"{name} is no text", hint=f'As in {{"{name}": "{default}"}}.')
    return value


def _name(given: Mapping[str, Any]) -> str:
    name = _text(given, "name", "").strip()
    if not 1 <= len(name) <= MAX_NAME or _UNSEEN.search(name):
        raise BadParameter(
            "name",
            f"name {name[:40]!r} is not accepted",
            hint=f"Give 1 to {MAX_NAME} characters that can be seen.",
        )
    return name


def _query(given: Mapping[str, Any]) -> str:
    """What can be said to be wrong without running it is refused here, SQL included."""
    text = _text(given, "query", "")
    if not text.strip():
        raise BadParameter("query", "query is missing", hint='As in {"query": "level:Warning"}; * is all.')
    if re.search(r"[\x00\ud800-\udfff]", text):
        raise BadParameter("query", "query holds a character that is no text", hint="Write it without.")
    try:
        query = parse_query(text)
        if query.sql is not None:
            from eventcenter.sql.translating import translate  # sqlglot, only needed now

            translate(query.sql, now=0, from_time=None, to_time=None)
    except QuerySyntaxError as error:
        raise BadParameter("query", f"query: {error}", hint=error.hint) from None
    return query.text


def _range(given: Mapping[str, Any]) -> str:
    text = _text(given, "range", "-24h").strip()
    if not re.fullmatch(RANGE, text):
        raise BadParameter(
            "range",
            f"range {text[:40]!r} is not accepted",
            hint="How far back, relative to now: -15m, -24h, -7d.",
        )
    return text


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadParameter("on_board", "on_board is neither true nor false", hint="Give true or false.")
    return value


def _place(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_PLACE:
        raise BadParameter(
            "place",
            f"place {str(value)[:40]} is not accepted",
            hint=f"Give a whole number from 0 to {MAX_PLACE}.",
        )
    return value
