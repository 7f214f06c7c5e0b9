"""The part of `/alerts` about telling: acknowledge and silence, who would get what, what was told and why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from eventcenter.alerted import AlertRecord, LogEntry, RouteMatch, Silence
from eventcenter.alerts.matching import exactly
from eventcenter.errors import EventCenterError
from web import links, params
from web.i18n import _
from web.notifications_api import ACK_S, MAX_BODY, active_alert, desks, labels_of, silence_of, text_of
from web.site import center

blueprint = Blueprint("notifications_pages", __name__)

LOG_SHOWN = 100
HOURS = 2
"""That the form offers."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form of a silence."""

    matchers: str = ""
    hours: str = str(HOURS)
    author: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """What the page shows of it."""

    receivers: list[str]
    silences: list[Silence]
    log: list[LogEntry]
    draft: Draft = field(default_factory=Draft)
    previewed: list[AlertRecord] | None = None
    asked: str = ""
    found: list[RouteMatch] | None = None
    error: EventCenterError | None = None


def telling(**more: Any) -> Telling | None:
    """None where nothing is judged."""
    notices = center().notices
    if notices is None:
        return None
    asked = request.args.get("labels", "")[:1000]
    if asked:
        try:
            more["found"] = notices.routes(labels_of(asked))
        except EventCenterError as error:
            more["error"] = error
    if "draft" not in more:
        more["draft"] = _draft_of_alert()
    silences, log = notices.silences(center().now()), notices.notifications(LOG_SHOWN)
    return Telling(notices.receivers(), silences, log, asked=asked, **more)


def _draft_of_alert() -> Draft:
    """`?silence=ID` fills the form with the labels of an alert."""
    id, alerts = request.args.get("silence", ""), center().alerts
    if alerts is None or not (id.isascii() and id.isdigit()):
        return Draft()
    for alert in alerts.active():
        if str(alert.id) == id:
            return Draft(matchers="\n".join(exactly({**alert.labels, "rule": alert.rule})))
    return Draft()


@blueprint.before_request
def _check() -> None:
    g.page_path = "/alerts"
    request.max_content_length = MAX_BODY
    params.check_instances(request.args, center().instance)


@blueprint.post("/alerts/<int:id>/ack")
def acknowledge(id: int) -> AnyResponse:
    alerts, notices = desks()
    notices.acknowledge(active_alert(alerts, id), _("the page"), _("acknowledged"), ACK_S * 1000)
    return redirect(links.address("/alerts", []) + "#silences", 303)


@blueprint.post("/alerts/silences")
def silence() -> AnyResponse:
    """By the button that was pressed: only look at what it matches, or make it."""
    from web.alerts_page import alerts_page  # which shows this part

    form = request.form
    draft = Draft(
        *(form.get(name, "").strip()[:10_000] for name in ("matchers", "hours", "author", "reason"))
    )
    alerts, notices = desks()
    try:
        asked = silence_of(_body(draft), center().now())
        if form.get("do") == "preview":
            found = notices.covered(asked, alerts.active())
            return alerts_page(telling(draft=draft, previewed=found))
        notices.silence(asked)
    except EventCenterError as error:
        return alerts_page(telling(draft=draft, error=error), status=400)
    return redirect("/alerts#silences", 303)


@blueprint.post("/alerts/silences/<int:id>/end")
def end(id: int) -> AnyResponse:
    desks()[1].end_silence(id)
    return redirect("/alerts#silences", 303)


def _body(draft: Draft) -> dict[str, Any]:
    hours = (
        float(draft.hours) if draft.hours.replace(".", "", 1).isdecimal() and draft.hours.isascii() else 0.0
    )
    return {
        "matchers": [line.strip() for line in draft.matchers.splitlines() if line.strip()],
        "seconds": int(min(hours, 1e6) * 3600),
        "author": text_of({"author": draft.author}, "author"),
        "reason": draft.reason,
    }


def outcome_word(entry: LogEntry) -> str:
    return {
        "waiting": _("waits for the channel"),
        "sent": _("told"),
        "refused": _("refused"),
        "held": _("not told"),
    }[entry.outcome.value]
