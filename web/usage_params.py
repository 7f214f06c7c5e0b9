"""The parameters of `GET /api/v1/usage` and of the page, and the retention that is in force."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from eventcenter.model import Retention
from eventcenter.ports import Center
from eventcenter.query import parse_limit
from eventcenter.settingtypes import DAY, duration
from web.params import BadParameter, Parser, time_parser

USAGE_DAYS = 30
USAGE_ROWS = 20
RETENTION_FIELDS = ("retention", "retention_warning")
_UNLIMITED = Retention(normal_ms=90 * DAY, warning_ms=90 * DAY)
"""What counts where nothing prunes: the default of the settings."""


def usage_parsers(now: int) -> dict[str, Parser]:
    time = time_parser(now)
    return {"from": time, "to": time, "limit": parse_limit, **retention_parsers()}


def retention_parsers() -> dict[str, Parser]:
    return {name: partial(_duration, name) for name in RETENTION_FIELDS}


def _duration(name: str, text: str) -> int:
    try:
        return duration(text)
    except ValueError as error:
        raise BadParameter(name, f"{name}: {str(error)[:200]}") from None


def asked_retention(values: Mapping[str, Any]) -> Retention | None:
    """As in the settings: Warnings stay as long as the rest unless something else is given."""
    if "retention" not in values:
        if "retention_warning" in values:
            raise BadParameter(
                "retention",
                "retention_warning is given without retention",
                hint="Give both, as in 30d and 90d.",
            )
        return None
    normal = values["retention"]
    return Retention(normal_ms=normal, warning_ms=values.get("retention_warning", normal))


def retention_in_force(center: Center) -> Retention:
    return center.retention().kept or _UNLIMITED
