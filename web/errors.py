"""The request boundary: every exception becomes the error envelope, or a page where a person asked."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from eventcenter.errors import (
    ClusterError,
    ConfigError,
    ConflictError,
    ConsumerConflict,
    EventCenterError,
    Forbidden,
    NotFoundError,
    QueryCancelled,
    QuerySyntaxError,
    QueryTimeout,
    QueryTooLarge,
    StoreError,
    TooManyQueries,
)
from web.i18n import _
from web.params import BadParameter
from web.render import page

log = logging.getLogger(__name__)

_MACHINE_PATHS = (
    "/api/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/charts/",
    "/query.csv",
    "/query.json",
    "/query/words.json",
    "/query/values.json",
)
_STATUS: tuple[tuple[type[EventCenterError], int], ...] = (
    (BadParameter, 400),
    (QuerySyntaxError, 400),
    (ConfigError, 400),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ConsumerConflict, 409),
    (QueryTimeout, 408),
    (QueryCancelled, 408),
    (QueryTooLarge, 422),
    (TooManyQueries, 429),
    (StoreError, 503),
    (Forbidden, 403),
    (ClusterError, 503),
)
RETRY_SECONDS = 5


def envelope(
    status: int, code: str, message: str, hint: str = "", more: Mapping[str, Any] | None = None
) -> Response:
    response = jsonify({**(more or {}), "error": {"code": code, "message": message, "hint": hint}})
    response.status_code = status
    if status in (429, 503):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def for_machines() -> bool:
    return request.path.startswith(_MACHINE_PATHS)


def register(app: Flask) -> None:
    app.register_error_handler(EventCenterError, _on_product_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_unexpected)


def _answer(status: int, code: str, message: str, hint: str) -> Response:
    if for_machines():
        return envelope(status, code, message, hint)
    response = page("error.html", status=status, code=status, message=message, hint=hint)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _on_product_error(error: EventCenterError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if isinstance(error, ClusterError):  # of the network, not of ours: no traceback
        log.info("request failed path=%s error=%s", request.path, error)
    elif status >= 500:
        log.error("request failed path=%s error=%s", request.path, error, exc_info=error)
    return _answer(status, error.code, str(error), error.hint)


def _on_http_error(error: HTTPException) -> AnyResponse:
    if isinstance(error, RequestRedirect) or error.code is None or error.code < 400:
        return error.get_response()
    code = error.name.lower().replace(" ", "_")
    if error.code == 404:
        message, hint = _("There is nothing at %(path)s.", path=request.path[:200]), ""
    else:
        message, hint = (error.description or error.name).split("\n")[0], ""
    if for_machines() and error.code == 404:
        message = f"there is nothing at {request.path[:200]}"
        hint = "GET /api/v1/openapi.json lists the addresses."
    response = _answer(error.code, code, message, hint)
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))  # type: ignore[attr-defined]
    return response


def _on_unexpected(error: Exception) -> Response:
    log.exception("request failed path=%s", request.path, exc_info=error)
    if for_machines():
        return envelope(500, "internal", "something went wrong here that should not", "The log says more.")
    message = _("Something went wrong here that should not.")
    return _answer(500, "internal", message, _("The log of the event center says more. Collecting goes on."))
