"""Keeps pages of other sites from changing state here through the browser of somebody who may."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import Forbidden


def refuse_cross_site() -> None:
    """Browsers say themselves where a request comes from; programs say nothing and are let through."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden("a page of another site may not ask for this")
