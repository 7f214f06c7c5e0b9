"""`/healthz`, `/readyz` and `/metrics`: what an orchestrator and Prometheus ask."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client.exposition import choose_encoder

from web.errors import envelope
from web.site import center

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    return jsonify({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> Response:
    reasons = center().ready()
    if not reasons:
        return jsonify({"status": "ready", "reasons": []})
    hint = "`eventcenter doctor` looks for the cause."
    return envelope(503, "not_ready", reasons[0], hint, {"status": "not ready", "reasons": reasons})


@blueprint.get("/metrics")
def metrics() -> Response:
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(current_app.extensions["eventcenter.registry"]), content_type=content_type)
