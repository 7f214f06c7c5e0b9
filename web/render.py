"""From a template to a response: what every page is given, and what every response carries."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request
from markupsafe import Markup

import eventcenter
from web import links, present
from web.collecting import collecting
from web.i18n import _
from web.preferences import LANGUAGES, THEMES, preferences
from web.site import center
from web.trend import bar_url
from web.window import presets

_STATIC = Path(__file__).parent / "static"
_CSP = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind} 'self'" for kind in ("script-src", "style-src", "img-src", "connect-src", "form-action")),
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_YEAR = 365 * 86_400


def register(app: Flask) -> None:
    app.jinja_env.filters.update(present.FILTERS, bar_url=bar_url)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        static_url=static_url,
        page_url=links.page_url,
        here_url=links.here_url,
        event_url=links.event_url,
        event_json_url=links.event_json_url,
        file_url=links.file_url,
        age_forms=present.age_forms,
        icon=icon,
        presets=presets,
    )
    app.after_request(_finish)


def page(template: str, *, status: int = 200, **values: Any) -> Response:
    """`errors="replace"`: a lone surrogate that a cluster sent must not fail the page that shows it."""
    here = center()
    now = here.now()
    shared = {
        "center": here,
        "now": now,
        "nav": [navigation(), lower_navigation()],
        "languages": LANGUAGES,
        "themes": THEMES,
        "me": preferences(),
        "version": eventcenter.__version__,
        "path": links.page_path(),
        "clock": lambda time: present.clock(time, now),
        "age": lambda time: present.age(time, now),
        # The answer to a store that cannot be read must not ask it again.
        "collecting": values.pop("collecting", None) or (collecting(here) if status < 500 else None),
    }
    html = render_template(template, **{**shared, **values})
    return Response(
        html.encode("utf-8", errors="replace"), status=status, content_type="text/html; charset=utf-8"
    )


def navigation() -> list[tuple[str, str, str]]:
    """Path, word and icon of each page that there is."""
    return [
        ("/", _("Overview"), "overview"),
        ("/events", _("Events"), "events"),
        ("/query", _("Query"), "query"),
    ]


def lower_navigation() -> list[tuple[str, str, str]]:
    """The same of the pages about the center itself: the lower group."""
    return [("/sinks", _("Sinks"), "sinks"), ("/usage", _("Usage"), "usage")]


def icon(name: str) -> Markup:
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        static_url("icons.svg"), name
    )


def static_url(name: str) -> str:
    return f"/static/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((_STATIC / name).read_bytes()).hexdigest()[:10]


def _finish(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/static/"):
        # The address holds the content's digest: another content has another address.
        response.headers["Cache-Control"] = (
            f"max-age={_YEAR}, immutable" if request.args.get("v") else "no-cache"
        )
    else:
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if response.mimetype == "text/html":
            response.headers["Vary"] = "Accept-Language, Cookie"
    return response
