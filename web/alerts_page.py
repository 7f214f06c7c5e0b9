"""`/alerts`: what is wrong now, the worst first; what was; and the rules that say so."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, g, request

from eventcenter.alerted import AlertRecord
from eventcenter.rules import SEVERITIES
from eventcenter.shapes import rfc3339
from web import links, params
from web.i18n import _
from web.notifications_page import Telling, outcome_word, telling
from web.preferences import preferences
from web.render import page
from web.site import center
from web.window import window

blueprint = Blueprint("alerts_pages", __name__)

SHOWN = 200
MARGIN_MS = 300_000
"""Around an alert, in the list of its events."""


@dataclass(frozen=True, slots=True)
class Row:
    alert: AlertRecord
    title: str
    about: str
    url: str
    """Its events."""
    names: list[tuple[str, int]]


@blueprint.before_request
def _check() -> None:
    g.page_path = "/alerts"
    params.check_instances(request.args, center().instance)


@blueprint.get("/alerts")
def show() -> Response:
    return alerts_page(telling())


def alerts_page(told: Telling | None, *, status: int = 200) -> Response:
    now = center().now()
    asked = window(now)
    desk = center().alerts
    titles = desk.titles(preferences().lang) if desk else {}
    active = desk.active() if desk else []
    end = now if asked.errors else asked.range.end(now)
    begin = now - 86_400_000 if asked.errors else asked.range.from_time
    past = desk.history(begin, end, SHOWN) if desk else []
    active.sort(key=lambda alert: (SEVERITIES.index(alert.severity), -alert.since))
    return page(
        "alerts.html",
        status=400 if asked.errors or (told and told.error) else status,
        window=asked,
        judged=desk is not None,
        status_of=desk.status() if desk else None,
        active=[_row(alert, titles) for alert in active],
        past=[_row(alert, titles) for alert in past],
        rules=desk.rules() if desk else [],
        telling=told,
        outcome_word=outcome_word,
        severity_word=severity_word,
        lasted=lambda alert: span((alert.resolved or now) - alert.since),
        counts=[(name, sum(alert.severity == name for alert in active)) for name in SEVERITIES],
    )


def severity_word(name: str) -> str:
    return {
        "critical": _("critical"),
        "high": _("high"),
        "medium": _("medium"),
        "low": _("low"),
        "info": _("info"),
    }[name]


def span(length: int) -> str:
    """How long something lasted, in the two largest units."""
    minutes = max(1, round(length / 60_000))
    if minutes < 60:
        return _("%(minutes)s min", minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
    return _("%(days)s d %(hours)s h", days=hours // 24, hours=hours % 24)


def _row(alert: AlertRecord, titles: dict[str, str]) -> Row:
    about = [value for name, value in alert.labels.items() if value and name != "instance"]
    names = sorted(alert.names.items(), key=lambda item: (-item[1], item[0]))
    return Row(alert, titles.get(alert.rule, alert.rule), " · ".join(about), _events(alert), names)


def _events(alert: AlertRecord) -> str:
    filters = {"namespace": alert.labels.get("namespace", ""), "host": alert.labels.get("node", "")}
    if workload := alert.labels.get("workload"):
        filters["name"] = f"{workload}*"
    begin = alert.since - MARGIN_MS
    end = (alert.resolved or alert.newest) + MARGIN_MS
    asked = [(name, value) for name, value in filters.items() if value]
    return links.address("/events", [*asked, ("from", rfc3339(begin)), ("to", rfc3339(end))])
