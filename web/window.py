"""The time range of a page: presets, what was typed, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flask import request
from werkzeug.datastructures import MultiDict

from eventcenter.query import parse_time
from eventcenter.shapes import local as local_time
from eventcenter.shapes import rfc3339
from web import params
from web.i18n import _
from web.params import BadParameter, Range
from web.preferences import preferences

DEFAULT = "-24h"
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?")


def presets() -> dict[str, str]:
    return {
        "-15m": _("15 min"),
        "-1h": _("1 h"),
        "-6h": _("6 h"),
        "-24h": _("24 h"),
        "-7d": _("7 d"),
        "-30d": _("30 d"),
        "-90d": _("90 d"),
    }


@dataclass(frozen=True, slots=True)
class Window:
    range: Range
    preset: str
    """The chosen preset, empty for a range of one's own."""
    label: str
    from_field: str
    """What stands in the fields of the form: the range as local times, or what was typed and is wrong."""
    to_field: str
    errors: dict[str, BadParameter] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        return self.range.to_time is None


def window(now: int, default: str = DEFAULT) -> Window:
    """`default`: one of the presets, for an address that gives no range."""
    zone = preferences().zone
    parse = params.time_parser(now, zone)
    values, errors = params.read(request.args, {"from": parse, "to": parse})
    if (wrong := preferences().zone_error) is not None:
        errors["tz"] = wrong
    to_text = request.args.get("to", "").strip()
    to_time = None if to_text in ("", "now") else values.get("to", now)
    from_text = request.args.get("from", "").strip() or (default if not to_text else "")
    end = now if to_time is None else to_time
    from_time = values.get("from", max(parse_time(default, end), 0))
    if not errors and from_time >= end:
        errors["to"] = BadParameter("to", _("The range ends before it begins."))
    preset = from_text if to_time is None and from_text in presets() else ""
    return Window(
        range=Range(from_time, to_time),
        preset=preset,
        label=_("Last %(range)s", range=presets()[preset]) if preset else _own_label(from_time, to_time),
        from_field=from_text if "from" in errors else _field(from_time),
        to_field=to_text if "to" in errors or to_time is None else _field(to_time),
        errors=errors,
    )


def _field(time: int) -> str:
    local = local_time(time, preferences().zone)
    return f"{local:%Y-%m-%d %H:%M}" + (f":{local:%S}" if local.second else "")


def _own_label(from_time: int, to_time: int | None) -> str:
    zone = preferences().zone
    start = local_time(from_time, zone)
    if to_time is None:
        return _("Since %(time)s", time=f"{start:%Y-%m-%d %H:%M}")
    end = local_time(to_time, zone)
    same_day = start.date() == end.date()
    return f"{start:%m-%d %H:%M} – {end:%H:%M}" if same_day else f"{start:%m-%d %H:%M} – {end:%m-%d %H:%M}"


def canonical_args() -> MultiDict[str, str] | None:
    """The parameters without the blank ones that a form sends, and with times that mean the same for
    whoever gets the link; None when they are so already."""
    canonical = MultiDict[str, str]()
    for name, value in request.args.items(multi=True):
        if value.strip():
            canonical.add(name, _zoned(value.strip()) if name in ("from", "to") else value)
    return None if list(canonical.items(multi=True)) == list(request.args.items(multi=True)) else canonical


def _zoned(text: str) -> str:
    if not _LOCAL.fullmatch(text):
        return text
    parse: Callable[[str], int] = params.time_parser(0, preferences().zone)
    try:
        datetime.fromisoformat(text)
        return rfc3339(parse(text))
    except ValueError:
        return text
