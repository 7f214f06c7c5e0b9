"""What a person chose: language, theme, time zone. An address sets them, a cookie keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo

from flask import Flask, Response, g, request
from flask_babel import Babel

from web import params

LANGUAGES = {"zh": "中文", "en": "English"}
THEMES = ("auto", "light", "dark")
_YEAR = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Preferences:
    lang: str
    theme: str
    zone: tzinfo
    zone_name: str
    zone_error: params.BadParameter | None = None


def preferences() -> Preferences:
    if "preferences" not in g:
        g.preferences = _read()
    found: Preferences = g.preferences
    return found


def _read() -> Preferences:
    zone, name, error = _zone()
    return Preferences(_language(), _chosen("theme", THEMES) or "auto", zone, name, error)


def _chosen(name: str, accepted: object) -> str | None:
    given = (request.args.get(name), request.cookies.get(name))
    return next((value for value in given if value and value in accepted), None)  # type: ignore[operator]


def _language() -> str:
    return _chosen("lang", LANGUAGES) or request.accept_languages.best_match(list(LANGUAGES)) or "en"


def _zone() -> tuple[tzinfo, str, params.BadParameter | None]:
    """A wrong zone never keeps a page from being shown: it is shown in UTC, and says so."""
    error = None
    for name in (request.args.get("tz"), request.cookies.get("tz")):
        try:
            if name:
                return params.zone(name), name, error
        except params.BadParameter as wrong:
            error = error or (wrong if name == request.args.get("tz") else None)
    return UTC, "UTC", error


def register(app: Flask) -> None:
    Babel(app, default_locale="en", locale_selector=lambda: preferences().lang)
    app.after_request(_remember)


def _remember(response: Response) -> Response:
    if request.method == "GET" and response.mimetype == "text/html":
        for name, accepted in (("lang", LANGUAGES), ("theme", THEMES)):
            value = request.args.get(name, "")
            if value in accepted:
                response.set_cookie(name, value, max_age=_YEAR, samesite="Lax", httponly=True)
        chosen = preferences()
        if request.args.get("tz") and chosen.zone_error is None:
            response.set_cookie("tz", chosen.zone_name, max_age=_YEAR, samesite="Lax")
    return response
