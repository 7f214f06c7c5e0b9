"""`/api/v1/saved-queries`: the queries that people keep."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from eventcenter.errors import NotFoundError
from eventcenter.model import SavedQuery
from web.params import BadParameter, check_instances, read_strictly
from web.query_drafts import draft, shape
from web.site import center

blueprint = Blueprint("saved_queries", __name__, url_prefix="/api/v1/saved-queries")

MAX_BODY = 200_000


@blueprint.before_request
def _check() -> None:
    request.max_content_length = MAX_BODY
    read_strictly(request.args, {})
    check_instances(request.args, center().instance)


@blueprint.get("")
def listed() -> Response:
    return jsonify({"saved_queries": [shape(saved) for saved in center().reader.saved_queries()]})


@blueprint.post("")
def create() -> Response:
    saved = center().queries.create(draft(_body()))
    response = jsonify(shape(saved))
    response.status_code = 201
    response.headers["Location"] = f"/api/v1/saved-queries/{saved.id}"
    return response


@blueprint.get("/<int:id>")
def show(id: int) -> Response:
    return jsonify(shape(found(id)))


@blueprint.put("/<int:id>")
def replace(id: int) -> Response:
    return jsonify(shape(center().queries.replace(id, draft(_body()))))


@blueprint.delete("/<int:id>")
def delete(id: int) -> Response:
    center().queries.delete(id)
    return Response(status=204)


def found(id: int) -> SavedQuery:
    """NotFoundError when there is none."""
    for saved in center().reader.saved_queries():
        if saved.id == id:
            return saved
    raise NotFoundError(f"there is no saved query {str(id)[:40]}", hint="It may have been deleted.")


def _body() -> dict[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadParameter("name", "the body is not a JSON object", hint='As in {"name": "x", "query": "*"}.')
    return body
