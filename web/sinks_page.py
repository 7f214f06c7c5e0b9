"""`/sinks`: where events are forwarded to, how that goes, and what was refused for good; set up, test and remove."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from eventcenter.errors import EventCenterError
from eventcenter.forwarded import SinkStatus, SinkTest
from web import links, params
from web.i18n import _
from web.render import page
from web.sinks_api import MAX_BODY, desk
from web.site import center
from web.window import window

blueprint = Blueprint("sinks_pages", __name__)

SHOWN = 50
"""Dead letters that the page lists of a sink."""


@blueprint.before_request
def _check() -> None:
    g.page_path = "/sinks"
    request.max_content_length = MAX_BODY
    params.check_instances(request.args, center().instance)


@blueprint.get("/sinks")
def show() -> Response:
    return _page()


@blueprint.post("/sinks")
def add() -> AnyResponse:
    """By the button that was pressed: only test the address, or set it up."""
    uri = request.form.get("uri", "").strip()
    try:
        if request.form.get("do") == "test":
            return _page(uri=uri, test=desk().test(uri))
        added = desk().add(uri)
    except EventCenterError as error:
        return _page(status=400, uri=uri, error=error)
    return redirect(links.address("/sinks", [("sink", added.name)]), 303)


@blueprint.post("/sinks/<name>/<action>")
def change(name: str, action: str) -> AnyResponse:
    ids = [int(text) for text in request.form.getlist("id") if text.isascii() and text.isdigit()] or None
    try:
        if action == "test":
            return _page(test=desk().test_sink(name), tested=name)
        if action == "remove":
            desk().remove(name)
            return redirect("/sinks", 303)
        if action in ("again", "drop"):
            handle = desk().send_again if action == "again" else desk().drop
            handle(name, ids)
            return redirect(links.address("/sinks", [("sink", name)]) + "#dead", 303)
    except EventCenterError as error:
        return _page(status=400, error=error)
    return _page(status=404)


def _page(
    *,
    status: int = 200,
    uri: str = "",
    test: SinkTest | None = None,
    tested: str = "",
    error: EventCenterError | None = None,
) -> Response:
    sinks = center().sinks
    found = sinks.statuses() if sinks else []
    chosen = next((sink for sink in found if sink.name == request.args.get("sink")), None)
    return page(
        "sinks.html",
        status=status,
        window=window(center().now()),
        sinks=found,
        forwards=sinks is not None,
        kinds=sinks.kinds() if sinks else [],
        chosen=chosen,
        letters=sinks.dead_letters(chosen.name, SHOWN) if sinks and chosen and chosen.dead else [],
        uri=uri,
        test=test,
        tested=tested,
        error=error,
        state_word=state_word,
    )


def state_word(sink: SinkStatus) -> str:
    return {
        "ok": _("delivers") if not sink.lag else _("catches up"),
        "retrying": _("waits, tries again"),
        "broken": _("refuses everything"),
        "stopped": _("stopped"),
    }[sink.state.value]
