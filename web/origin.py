"""Only the center's own pages may change anything from a browser: nobody logs in here, so a page of another site that
is open in the same browser must not be able to send its forms to us. Programs send neither header and are not meant."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, abort, request

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def register(app: Flask) -> None:
    app.before_request(_check)


def _check() -> None:
    if request.method not in _SAFE and not _is_own():
        abort(
            403,
            "The request comes from a page of another site, and only the event center's own pages may send it.",
        )


def _is_own() -> bool:
    """`Sec-Fetch-Site` where the browser knows it, else `Origin`, which every browser sends with a change. Hosts are
    compared without the scheme: a proxy in front may speak TLS."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.host.lower()
