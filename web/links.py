"""Addresses of pages. Range and instance travel with every link; preferences do not, a cookie keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from flask import g, request

KEPT = ("from", "to", "instance")
PREFERENCES = ("lang", "theme", "tz")
_DROPPED = frozenset({*PREFERENCES, "cursor"})
"""`cursor` is a place in one list: no other filter or range has it."""

Given = str | None


def address(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    given = [(name, value) for name, value in pairs if value]
    query = urlencode(given, safe=":,*", errors="replace")  # a lone surrogate has no bytes
    return f"{path}?{query}" if query else path


def page_url(path: str, **params: Given) -> str:
    """Another page, with the range and instance of this one unless given; `from_` stands for `from`."""
    given = _names(params)
    kept = [(name, request.args.get(name, "")) for name in KEPT if name not in given]
    return address(path, [*kept, *given.items()])


def here_url(**changes: Given) -> str:
    """This page with some parameters changed (None drops one)."""
    given = _names(changes)
    kept = [
        pair for pair in request.args.items(multi=True) if pair[0] not in given and pair[0] not in _DROPPED
    ]
    return address(page_path(), [*kept, *given.items()])


def file_url(path: str) -> str:
    """What the page shows, as a file."""
    kept = [(name, request.args.get(name, "")) for name in ("q", *KEPT, "chart")]
    return address(path, kept)


def page_path() -> str:
    """The address of the page, also while only its live part is asked for."""
    return str(g.get("page_path") or request.path)


def event_url(uid: str) -> str:
    path, query = _event_place(uid)
    return page_url(f"/events/{path}", **query)


def event_json_url(uid: str) -> str:
    path, query = _event_place(uid)
    return address(f"/api/v1/events/{path}", query.items())


def event_log_url(uid: str) -> str:
    path, query = _event_place(uid)
    return address(f"/api/v1/events/{path}/logs", query.items())


def _event_place(uid: str) -> tuple[str, dict[str, str]]:
    """A uid is whatever a cluster sent. What a browser would take for a relative path goes into the query."""
    parts = uid.split("/")
    # `/events/UID/logs` is an address of its own.
    if all(part and part not in (".", "..") for part in parts) and uid != "-" and parts[-1] != "logs":
        return quote(uid, errors="replace"), {}
    return "-", {"uid": uid}


def _names(params: dict[str, Given]) -> dict[str, str]:
    return {name.removesuffix("_"): value or "" for name, value in params.items()}
