"""`/api/v1/changes`: every change in order from a cursor, as JSON (long poll) or as `text/event-stream`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, jsonify, request

from eventcenter.errors import NotFoundError, StoreError
from eventcenter.model import StoredChange
from eventcenter.ports import EventReader
from eventcenter.query import DEFAULT_LIMIT
from eventcenter.search import EVERYTHING, Node, matches, needs_raw
from web import params, serialize
from web.errors import envelope
from web.site import Site, site

blueprint = Blueprint("changes", __name__, url_prefix="/api/v1")

STREAM = "text/event-stream"
HEARTBEAT_SECONDS = 5.0
SEARCH_SECONDS = 2.0
"""For one answer: a search that hardly anything matches reads on for so long."""
SLICE_SECONDS = 1.0
"""Waiting is cut into slices, so that a stopping process and a client that left are noticed."""


@blueprint.get("/changes")
def list_changes() -> Response:
    here = site()
    values = params.read_strictly(request.args, params.change_parsers())
    params.check_instances(request.args, here.center.instance)
    after, search = values.get("after", 0), values.get("q", EVERYTHING)
    streaming = _wants_stream()
    if streaming and (resumed := request.headers.get("Last-Event-ID", "").strip()):
        after = params.whole_number("Last-Event-ID", resumed, 10**18 - 1)
    if after == params.LATEST:
        after = here.center.store().seq
    limit, wait = values.get("limit", DEFAULT_LIMIT), values.get("wait", 0.0)
    if not streaming and not wait:
        return _answer(*_matching(here, after, limit, search))
    if not here.places.acquire(blocking=False):
        return envelope(
            503,
            "too_many_waiting",
            "too many requests are waiting for changes",
            "Try again in a few seconds.",
        )
    if streaming:
        return _stream(here, after, limit, search)
    return _poll(here, after, limit, search, wait)


def _wants_stream() -> bool:
    """Only when it is named: a client that accepts anything gets JSON."""
    accepted = request.accept_mimetypes
    return any(value == STREAM for value, _quality in accepted) and (
        accepted.quality(STREAM) >= accepted.quality("application/json")
    )


def _ended(here: Site) -> Callable[[], bool]:
    """Whether waiting has no use any more: the process stops, or the server says that nobody listens."""
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return lambda: here.stopping.is_set() or gone()


def _matching(here: Site, after: int, limit: int, search: Node) -> tuple[list[StoredChange], int]:
    """The next changes that match, and the cursor behind the last that was looked at: further on than the last that
    matches. Looks on for a while where nothing does."""
    reader = here.center.reader
    deadline = time.monotonic() + SEARCH_SECONDS
    matching: list[StoredChange] = []
    while not matching and (found := reader.changes(after, limit)):
        after = found[-1].event.seq
        matching = (
            found if search == EVERYTHING else [item for item in found if _matches(reader, search, item)]
        )
        if time.monotonic() > deadline:
            break
    return matching, after


def _matches(reader: EventReader, search: Node, item: StoredChange) -> bool:
    """Only the newest raw object of an event is kept, and none of one that retention has just taken."""
    raw = None
    if needs_raw(search):
        try:
            raw = reader.event(item.event.uid).raw
        except NotFoundError:
            raw = None
    return matches(search, item.event, raw)


def _answer(found: list[StoredChange], following: int) -> Response:
    return jsonify({"changes": [serialize.change(item) for item in found], "next": following})


def _poll(here: Site, after: int, limit: int, search: Node, wait: float) -> Response:
    ended = _ended(here)
    found: list[StoredChange] = []
    try:
        deadline = time.monotonic() + wait
        while (left := deadline - time.monotonic()) > 0 and not found and not ended():
            if here.center.reader.wait_for_change(after, min(left, SLICE_SECONDS)) > after:
                found, after = _matching(here, after, limit, search)
        return _answer(*(_matching(here, after, limit, search) if not found else (found, after)))
    finally:
        here.places.release()


def _stream(here: Site, after: int, limit: int, search: Node) -> Response:
    response = Response(_messages(here, after, limit, search, _ended(here)), mimetype=STREAM)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    # Not in the generator's `finally`: that of one which was never begun does not run.
    response.call_on_close(here.places.release)
    return response


def _messages(here: Site, after: int, limit: int, search: Node, ended: Callable[[], bool]) -> Iterator[str]:
    yield "retry: 2000\n\n"
    silent_since = time.monotonic()
    try:
        while not ended():
            found, after = _matching(here, after, limit, search)
            for item in found:
                yield f"id: {item.event.seq}\ndata: {json.dumps(serialize.change(item))}\n\n"
            if found:
                silent_since = time.monotonic()
            elif here.center.reader.wait_for_change(after, SLICE_SECONDS) <= after and (
                time.monotonic() - silent_since >= HEARTBEAT_SECONDS
            ):
                silent_since = time.monotonic()
                yield ": nothing new\n\n"
    except StoreError as error:
        # The status is sent already: say it in the stream, the client comes back with its cursor.
        yield f": {str(error).splitlines()[0]}\n\n"
