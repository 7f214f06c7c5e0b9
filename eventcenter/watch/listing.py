"""Reads the events that the cluster still holds, page by page, and asks how far the cluster is."""

from __future__ import annotations

import enum
from typing import Any

import msgspec

from eventcenter.errors import ClusterError
from eventcenter.watch.changes import mend
from eventcenter.watch.connection import Answer, Connection, TooLarge, decode, read_all
from eventcenter.watch.failures import failure

PAGE = 500
PAGE_BYTES = 32 * 2**20
PROBE_TIMEOUT = 5.0


class ListPage(msgspec.Struct, frozen=True):
    items: list[dict[str, Any]]
    version: str
    """The resourceVersion of the whole list; all its pages share it."""
    next: str
    """The token of the following page, empty at the end."""


def events_path(namespace: str | None) -> str:
    return f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events"


def read_page(connection: Connection, namespace: str | None, token: str, limit: int = PAGE) -> ListPage:
    """One page; a smaller one where 500 events of a megabyte each would not fit into memory."""
    while True:
        try:
            return _page(_get(connection, namespace, token, limit))
        except TooLarge:
            if limit == 1:
                raise
            limit = max(1, limit // 8)


def newest_version(connection: Connection, namespace: str | None) -> str:
    """The cluster's present resourceVersion, cheaply."""
    body = _get(connection, namespace, "", 1, timeout=PROBE_TIMEOUT)
    return _page(body).version


class Standing(enum.Enum):
    """How a position stands to the cluster's present version."""

    SAME = "same"
    BEHIND = "behind"
    """There may be something to read."""
    AHEAD = "ahead"
    """The cluster was restored from a backup: nothing will ever come."""


def standing(position: str, newest: str) -> Standing:
    """Versions are opaque unless they are numbers; then only equality means something."""
    if position == newest:
        return Standing.SAME
    if position.isdecimal() and newest.isdecimal() and int(newest) < int(position):
        return Standing.AHEAD
    return Standing.BEHIND


def _get(
    connection: Connection, namespace: str | None, token: str, limit: int, timeout: float = 30.0
) -> bytes:
    query = {"limit": limit} | ({"continue": token} if token else {})
    response = connection.open("GET", events_path(namespace), query, timeout=timeout)
    try:
        body = read_all(response, connection.host, PAGE_BYTES)
        if response.status != 200:
            answer = Answer(response.status, response.headers, decode(body))
            raise failure(*answer, verb="list", namespace=namespace)
        return body
    finally:
        response.close()


def _page(body: bytes) -> ListPage:
    document = _decode(body)
    metadata = document.get("metadata")
    items = document.get("items")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(version, str) or not version:
        raise ClusterError(
            "the API server's list of events has no metadata.resourceVersion: is this an API server?"
        )
    api_version = document.get("apiVersion", "v1")
    objects = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    for item in objects:  # the items of a list leave out what they are; a watch's objects say it
        item.setdefault("kind", "Event")
        item.setdefault("apiVersion", api_version)
    return ListPage(objects, version, str(metadata.get("continue") or ""))


def _decode(body: bytes) -> dict[str, Any]:
    try:
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.MsgspecError:
            return msgspec.json.decode(mend(body), type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ClusterError(f"the API server's list of events is not readable: {error}") from error
