"""`POST /api/v1/query`: a query of a user, `search | SQL`, to columns and rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from eventcenter.errors import QuerySyntaxError
from eventcenter.model import Question
from web.params import BadParameter, check_instances, check_range, read_strictly, time_parser
from web.site import site

blueprint = Blueprint("query", __name__, url_prefix="/api/v1")

MAX_BODY = 200_000
"""Bytes of a request."""
MAX_ROWS = 10_000
_KNOWN = ("query", "from", "to", "limit")


@blueprint.post("/query")
def query() -> Response:
    here = site()
    read_strictly(request.args, {})
    check_instances(request.args, here.center.instance)
    now = here.center.now()
    answer = here.center.reader.answer(question(_body(), now), ended())
    return jsonify(
        {
            "columns": answer.columns,
            "rows": answer.rows,
            "elapsed_ms": answer.elapsed_ms,
            "truncated": answer.truncated,
        }
    )


def _body() -> dict[str, Any]:
    request.max_content_length = MAX_BODY
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadParameter("query", "the body is not a JSON object", hint='As in {"query": "*"}.')
    for name in body:
        if name not in _KNOWN:
            raise BadParameter(name, f"{name[:80]!r} is not known", hint=f"Known: {', '.join(_KNOWN)}.")
    return body


def question(body: dict[str, Any], now: int) -> Question:
    """BadParameter names what is wrong in the body of a request."""
    text = body.get("query")
    if not isinstance(text, str) or not text.strip():
        raise BadParameter(
            "query", "query is missing or no text", hint='As in {"query": "level:Warning"}; * is all.'
        )
    from_time, to_time = (_time(name, body.get(name), now) for name in ("from", "to"))
    check_range(from_time, to_time)
    return Question(text=text, now=now, from_time=from_time, to_time=to_time, limit=_limit(body.get("limit")))


def _time(name: str, value: Any, now: int) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadParameter(name, f"{name} is neither a text nor a number", hint="As in -1h, or 1795413600.")
    try:
        return int(time_parser(now)(str(value)))
    except QuerySyntaxError as error:
        raise BadParameter(name, f"{name}: {error}", hint=error.hint) from None


def _limit(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_ROWS:
        raise BadParameter(
            "limit",
            f"limit {str(value)[:40]} is not accepted",
            hint=f"Give a whole number from 1 to {MAX_ROWS}.",
        )
    return value


def ended() -> Callable[[], bool]:
    """Whether the answer has no use any more: the process stops, or the server says that the client has left."""
    stopping = site().stopping
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    return lambda: stopping.is_set() or gone()
