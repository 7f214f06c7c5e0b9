"""A kind of sink for people: its options with defaults, as `sinks list --kinds`, the API and the page show it."""

from __future__ import annotations

from typing import Any

from sinks.kind import Kind
from sinks.settings import options_of


def described(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "summary": kind.summary,
        "example": kind.example,
        "for_people": kind.messenger is not None,
        "in_page": kind.over_http,
        "extra": kind.extra or None,
        "options": [
            {
                "name": option.name,
                "help": option.help,
                "default": shown_default(kind.default_level if option.name == "level" else option.default),
                "required": option.required,
                "repeatable": option.many,
                "secret": option.secret,
            }
            for option in options_of(kind)
            if not option.ignored
        ],
    }


def shown_default(value: Any) -> str | None:
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(shown_default(one) or "" for one in value)
    if isinstance(value, float):
        return f"{value:g}s"
    return str(value)
