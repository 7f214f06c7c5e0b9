"""The pages and their live parts: of the same templates, asked for again by the script."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from web import event_page, events_page, links, overview_page, params, usage_page
from web.preferences import preferences
from web.site import center
from web.window import canonical_args

blueprint = Blueprint("pages", __name__)

_LIVE: dict[str, Callable[[], Response]] = {
    "/": overview_page.live,
    "/events": events_page.live,
}


@blueprint.before_request
def _check() -> AnyResponse | None:
    g.page_path = request.path.removeprefix("/live") or "/"
    params.check_instances(request.args, center().instance)
    canonical = canonical_args()
    if canonical is None:
        return None
    return redirect(links.address(request.path, canonical.items(multi=True)))


@blueprint.get("/")
def overview() -> Response:
    return overview_page.show()


@blueprint.get("/events")
def events() -> Response:
    return events_page.show()


@blueprint.get("/events/<path:uid>")
def event(uid: str) -> Response:
    return event_page.show(request.args.get("uid", "") if uid == "-" else uid)


@blueprint.get("/usage")
def usage() -> Response:
    return usage_page.show()


@blueprint.get("/live/")
@blueprint.get("/live/events")
def live() -> Response:
    """304 while nothing has changed: asked every second or two by every open page."""
    tag = _tag()
    unchanged = tag in request.if_none_match
    response = Response(status=304) if unchanged else _LIVE[g.page_path]()
    response.set_etag(tag)
    return response


def _tag() -> str:
    here = center()
    store, me = here.store(), preferences()
    # The minute: a range that ends now moves also while nothing happens.
    state = (store.seq, store.writable, store.error, store.notices, here.now() // 60_000, request.full_path)
    streams = [(s.stream, s.phase, s.error, s.reconnects) for s in here.streams()]
    return hashlib.sha256(repr((state, streams, me.lang, me.zone_name)).encode()).hexdigest()[:16]


@blueprint.get("/favicon.ico")
def favicon() -> AnyResponse:
    return redirect("/static/favicon.svg", 301)
