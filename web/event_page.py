"""`/events/UID`: one event, what it means, when it occurred, and the object as the cluster sent it."""

from __future__ import annotations

import json

from flask import Response
from markupsafe import Markup

from eventcenter import charts
from eventcenter.explain import explain
from eventcenter.model import Event
from eventcenter.rules import built_in
from web import event_log, links, trend
from web.i18n import _, is_chinese
from web.preferences import preferences
from web.render import page
from web.site import center
from web.window import window

SHOWN_OCCURRENCES = 200
SHOWN_MESSAGE = 20_000
SHOWN_RAW = 100_000
"""Characters. A message can be 1.5 MB; the whole is a link away."""


def show(uid: str) -> Response:
    here = center()
    detail = here.reader.event(uid)
    chart = trend.occurrence_chart(detail, preferences().zone)
    raw = json.dumps(detail.raw, indent=2, ensure_ascii=False)
    return page(
        "event.html",
        window=window(here.now()),
        event=detail.event,
        occurrences=sorted(detail.occurrences, key=lambda entry: entry.seq, reverse=True)[:SHOWN_OCCURRENCES],
        occurrences_in_all=len(detail.occurrences),
        explanation=explain(detail.event),
        problem=_problem_title(detail.event),
        facts=_facts(detail.event),
        log=event_log.shown(detail.event),
        chart=Markup(charts.trend(chart, "svg", standalone=False).decode()) if chart else None,
        message_most=SHOWN_MESSAGE,
        raw=raw[:SHOWN_RAW],
        raw_cut=len(raw) > SHOWN_RAW,
    )


def _problem_title(event: Event) -> str:
    problem = built_in().problems.get(event.problem)
    if problem is None:
        return event.problem
    return problem.title_zh if is_chinese() else problem.title_en


def _facts(event: Event) -> list[tuple[str, str, str | None]]:
    """Word, value, and the list of events that share the value."""

    def those(**filters: str) -> str:
        return links.page_url("/events", **filters)

    facts = [
        (_("Kind"), event.kind, those(kind=event.kind)),
        (_("Namespace"), event.namespace, those(namespace=event.namespace)),
        (_("Name"), event.name, those(kind=event.kind, namespace=event.namespace, name=event.name)),
        (_("Field"), event.field_path, None),
        (_("Reason"), event.reason, those(reason=event.reason)),
        (_("Problem"), event.problem, those(problem=event.problem)),
        (_("Component"), event.component, those(component=event.component)),
        (_("Node"), event.hostname, those(host=event.hostname)),
        (_("Action"), event.action, None),
        (_("API version"), event.api_version, None),
        (_("Object UID"), event.object_uid, None),
        (_("Event UID"), event.uid, None),
        (_("Change number"), str(event.seq), None),
    ]
    return [fact for fact in facts if fact[1]]
