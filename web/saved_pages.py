"""Saving, changing and deleting queries by the forms of the page, and the board of what they show."""

from __future__ import annotations

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from eventcenter.errors import ConflictError
from web import links, query_page
from web.params import BadParameter
from web.query_ask import CHARTS
from web.query_drafts import draft
from web.render import page
from web.saved_queries_api import MAX_BODY, found
from web.site import center
from web.window import window


def board() -> Response:
    """Every result comes by an address of its own, so that a slow one holds up no other."""
    asked = window(center().now())
    saved = [one for one in center().reader.saved_queries() if one.on_board]
    own_range = not (request.args.get("from") or request.args.get("to"))
    return page(
        "query_board.html",
        status=400 if asked.errors else 200,
        window=asked,
        saved=[] if asked.errors else saved,
        own_range=own_range,
    )


def save() -> AnyResponse:
    request.max_content_length = MAX_BODY
    form = request.form
    try:
        saved = center().queries.create(
            draft(
                {
                    "name": form.get("name", ""),
                    "query": form.get("q", ""),
                    "range": form.get("range") or "-24h",
                    "chart": form.get("chart") or "table",
                    "on_board": bool(form.get("on_board")),
                }
            )
        )
    except (BadParameter, ConflictError) as error:
        return query_page.refused(error, form.get("q", ""), form.get("chart", ""))
    chart = saved.chart if saved.chart != "table" else ""
    address = links.address("/query", [("q", saved.query), ("from", saved.range), ("chart", chart)])
    return redirect(address, 303)


def change(id: int) -> AnyResponse:
    """Name, place, range, chart and board of one; the text of the query stays."""
    form = request.form
    saved = found(id)
    place = form.get("place", "").strip()
    chart = form.get("chart", saved.chart)
    try:
        center().queries.replace(
            id,
            draft(
                {
                    "name": form.get("name", saved.name),
                    "query": saved.query,
                    "range": form.get("range", saved.range),
                    "chart": chart if chart in CHARTS else saved.chart,
                    "on_board": bool(form.get("on_board")),
                    "place": int(place) if place.isascii() and place.isdigit() and len(place) < 10 else None,
                }
            ),
        )
    except (BadParameter, ConflictError) as error:
        return query_page.refused(error, "", "")
    return redirect("/query#saved", 303)


def delete(id: int) -> AnyResponse:
    center().queries.delete(id)
    return redirect("/query#saved", 303)
