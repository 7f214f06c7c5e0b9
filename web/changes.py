"""`/api/v1/changes`: every change in order from a cursor, as JSON (long poll) or as `text/event-stream`; for a named
consumer from where it has come to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request

from eventcenter.consuming import Turn
from eventcenter.errors import EventCenterError
from eventcenter.model import StoredChange
from eventcenter.query import DEFAULT_LIMIT, parse_limit, parse_search
from eventcenter.search import EVERYTHING
from web import consumers, params
from web.errors import envelope
from web.following import SLICE_SECONDS, Follower, Wanted
from web.site import Site, site
from web.starts import LAST_NUMBER, numbered, parse_start

blueprint = Blueprint("changes", __name__, url_prefix="/api/v1")

STREAM = "text/event-stream"
HEARTBEAT_SECONDS = 5.0


@blueprint.get("/changes")
def list_changes() -> Response:
    here = site()
    values = params.read_strictly(request.args, change_parsers(here.center.now()))
    params.check_instances(request.args, here.center.instance)
    consumers.check_named(values)
    streaming = _wants_stream()
    if streaming and (resumed := request.headers.get("Last-Event-ID", "").strip()):
        values["after"] = numbered(params.whole_number("Last-Event-ID", resumed, LAST_NUMBER))
    wait = values.get("wait", 0.0)
    if not streaming and not wait:
        return _answer(here, *_begin(here, values))
    if not here.places.acquire(blocking=False):
        return envelope(
            503,
            "too_many_waiting",
            "too many requests are waiting for changes",
            "Try again in a few seconds.",
        )
    with ExitStack() as place:
        place.callback(here.places.release)
        follower, turn = _begin(here, values)
        if not streaming:
            return _answer(here, follower, turn, wait)
        response = _stream(follower, turn)
        # Not in the generator's `finally`: that of one which was never begun does not run.
        response.call_on_close(place.pop_all().close)
        return response


def change_parsers(now: int) -> dict[str, params.Parser]:
    return {
        "after": partial(parse_start, "after", now),
        "limit": parse_limit,
        "wait": params.wait_seconds,
        "q": parse_search,
        "format": params.form,
        **consumers.named_parsers(now),
    }


def _wants_stream() -> bool:
    """Only when it is named: a client that accepts anything gets JSON."""
    accepted = request.accept_mimetypes
    return any(value == STREAM for value, _quality in accepted) and (
        accepted.quality(STREAM) >= accepted.quality("application/json")
    )


def _begin(here: Site, values: dict[str, Any]) -> tuple[Follower, Turn | None]:
    after = values["after"](here.center) if "after" in values else None
    turn = consumers.begin(here, values, after) if "consumer" in values else None
    wanted = Wanted(
        values.get("q", EVERYTHING), values.get("limit", DEFAULT_LIMIT), values.get("format") == "record"
    )
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return Follower(here, wanted, turn.after if turn else after or 0, gone, turn), turn


def _answer(here: Site, follower: Follower, turn: Turn | None, wait: float = 0.0) -> Response:
    found = follower.poll(wait) if wait else follower.look()
    body: dict[str, Any] = {
        "changes": [shape for _seq, shape in follower.shown(found)],
        "next": follower.after,
    }
    if turn is None:
        return jsonify(body)
    body |= {"missed": follower.missed, "lag": max(0, here.center.store().seq - follower.after)}
    return _counted(jsonify(body), follower, turn)


def _counted(response: Response, follower: Follower, turn: Turn) -> Response:
    """The answer counts as delivered before it is sent, as the next request may be here before sending returns; it
    does not when the connection turns out to be broken."""
    turn.check()
    if follower.gone():
        return response
    turn.deliver(follower.after)
    text, sent = response.get_data(), []

    def body() -> Iterator[bytes]:
        yield text
        sent.append(True)

    response.response = body()
    response.content_length = len(text)
    response.call_on_close(lambda: None if sent else turn.undo())
    return response


def _stream(follower: Follower, turn: Turn | None) -> Response:
    response = Response(_messages(follower, turn), mimetype=STREAM)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


class _Trail:
    """What a stream may take for acknowledged while it goes on: what was written a heartbeat ago, as what is on its
    way when a connection breaks is lost to a client that does not say how far it has come."""

    def __init__(self, turn: Turn | None, after: int) -> None:
        self._turn = turn
        self._older = after
        self._at = time.monotonic()

    def wrote(self, upto: int) -> None:
        if self._turn is not None and time.monotonic() - self._at >= HEARTBEAT_SECONDS:
            self._turn.acknowledge(self._older)
            self._older, self._at = upto, time.monotonic()


def _messages(follower: Follower, turn: Turn | None) -> Iterator[str]:
    yield "retry: 2000\n\n"
    silent_since = time.monotonic()
    trail = _Trail(turn, follower.after)
    try:
        while not follower.ended():
            found = follower.look()
            if turn is not None and follower.missed:
                yield f"event: missed\ndata: {json.dumps({'missed': follower.missed})}\n\n"
                follower.missed = 0
            yield from _each(follower, found)
            trail.wrote(follower.after)
            if found:
                silent_since = time.monotonic()
                continue
            follower.wait(SLICE_SECONDS)
            if time.monotonic() - silent_since >= HEARTBEAT_SECONDS:
                silent_since = time.monotonic()
                yield ": nothing new\n\n"
    except EventCenterError as error:
        # The status is sent already: say it in the stream, the client comes back with its cursor.
        yield f": {str(error).splitlines()[0]}\n\n"


def _each(follower: Follower, found: list[StoredChange]) -> Iterator[str]:
    for seq, shape in follower.shown(found):
        yield f"id: {seq}\ndata: {json.dumps(shape)}\n\n"
