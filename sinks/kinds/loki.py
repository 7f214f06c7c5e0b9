"""`loki`: a line for every change in Grafana Loki or what takes its protocol, with few labels; the rest is structured
metadata. The time of a line is the event's with its number in it: a repetition is the same line, which Loki drops."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from eventcenter.errors import ConfigError
from sinks.delivery import Item
from sinks.http import Http
from sinks.kind import Kind, Option, any_text, boolean, one_of, text
from sinks.kinds.log import human_line
from sinks.payload import format_option, payload
from sinks.settings import SinkSettings
from sinks.texts import json_text, whole

LABELS = ("instance", "level", "namespace", "kind", "reason", "component", "hostname")
METADATA = ("namespace", "kind", "name", "reason", "component", "hostname", "uid", "count", "seq")
PUSH = "/loki/api/v1/push"


class Loki:
    def __init__(self, settings: SinkSettings) -> None:
        parts = urlsplit(settings.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError("loki: the address is http://HOST:3100 or https://HOST")
        if settings["token"] and settings["user"]:
            raise ConfigError("loki: either token, or user and password")
        self._settings = settings
        path = parts.path if parts.path not in ("", "/") else PUSH
        self._url = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
        login = (settings["user"], settings["password"] or "") if settings["user"] else None
        self._http = Http(settings, verify=not settings["insecuressl"], auth=login)
        self._headers = {"Content-Type": "application/json"}
        if settings["tenant"]:
            self._headers["X-Scope-OrgID"] = settings["tenant"]
        if settings["token"]:
            self._headers["Authorization"] = f"Bearer {settings['token']}"

    def send(self, items: Sequence[Item]) -> None:
        streams: dict[tuple[tuple[str, str], ...], list[list[Any]]] = {}
        for item in items:
            streams.setdefault(self._labels(item), []).append(self._entry(item))
        body = {"streams": [{"stream": dict(labels), "values": values} for labels, values in streams.items()]}
        self._http.post(self._url, content=json_text(body), headers=self._headers)

    def _labels(self, item: Item) -> tuple[tuple[str, str], ...]:
        own = [("job", self._settings["job"])]
        given = [(label, str(value)) for label, value in self._settings.surroundings.labels.items()]
        found = [(name, whole(str(getattr(item.event, name)))) for name in self._settings["labels"]]
        named = [(re.sub(r"[^A-Za-z0-9_]", "_", name), value) for name, value in own + given + found]
        return tuple((name, value) for name, value in named if value)

    def _entry(self, item: Item) -> list[Any]:
        event = item.event
        time = max(event.last_time, 0) * 1_000_000 + event.seq % 1_000_000
        text = (
            human_line(item) if self._settings["line"] == "text" else payload(item, self._settings).decode()
        )
        entry: list[Any] = [str(time), text]
        if self._settings["metadata"]:
            values = {
                name: whole(str(getattr(event, name)))
                for name in METADATA
                if name not in self._settings["labels"]
            }
            entry.append({name: value for name, value in values.items() if value})
        return entry

    def close(self) -> None:
        self._http.close()


def labels(given: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in given.split(",") if part.strip())
    if not found or set(found) - set(LABELS):
        raise ValueError(f"is not a list of {', '.join(LABELS)}")
    return found


KIND = Kind(
    name="loki",
    summary="Grafana Loki: a line for every change, with few labels and structured metadata.",
    example="loki:http://loki:3100?tenant=ops",
    options=(
        Option("tenant", "the value of X-Scope-OrgID", text),
        Option("user", "of basic authentication", text),
        Option("password", "its password", any_text, secret=True),
        Option("token", "a bearer token", any_text, secret=True),
        Option("job", "the label of that name", text, "eventcenter"),
        Option(
            "labels",
            "fields that are labels; each value of each makes a stream",
            labels,
            ("instance", "level", "namespace"),
        ),
        Option(
            "metadata",
            "the other fields as structured metadata; Loki 3, or 2.9 with it allowed",
            boolean,
            True,
        ),
        Option(
            "line",
            "json: the event, as `format` says; text: a line for people",
            one_of("json", "text"),
            "json",
        ),
        format_option(),
        Option("insecuressl", "take any certificate", boolean, False),
    ),
    open=Loki,
    over_http=True,
    batch=500,
)
