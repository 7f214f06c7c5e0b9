"""The web application: JSON API, pages, charts. `create_app` is all that the rest of the program knows of it.

Serve it with `SERVER_THREADS` threads, and set `stopping` before closing it: waiting requests end then.
"""

from __future__ import annotations

import threading

from flask import Flask

from eventcenter.consuming import Consumers
from eventcenter.ports import Center
from web import (
    alerts_api,
    alerts_page,
    api,
    changes,
    chart_images,
    consumers,
    errors,
    health,
    logs_api,
    metrics,
    notifications_api,
    notifications_page,
    origin,
    pages,
    preferences,
    query_api,
    query_routes,
    render,
    saved_queries_api,
    sinks_api,
    sinks_page,
)
from web.site import SERVER_THREADS, Site

__all__ = ["SERVER_THREADS", "create_app"]


def create_app(center: Center, *, stopping: threading.Event | None = None) -> Flask:
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the order of the contract
    app.url_map.merge_slashes = False  # a uid may hold two
    named = Consumers(center.positions, lambda: center.store().seq, center.now)
    app.extensions["eventcenter"] = Site(center, stopping or threading.Event(), named)
    app.extensions["eventcenter.registry"] = metrics.registry(center, named)
    for part in (errors, preferences, render, origin):
        part.register(app)
    for area in (
        api, logs_api, changes, consumers, query_api, health, chart_images, pages, query_routes, saved_queries_api,
        alerts_api, alerts_page, notifications_api, notifications_page, sinks_api, sinks_page,
    ):  # fmt: skip
        app.register_blueprint(area.blueprint)
    return app
