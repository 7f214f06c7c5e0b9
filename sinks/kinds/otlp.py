"""`otlp`: a log record for each event, in OpenTelemetry's protocol over HTTP as JSON."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from eventcenter.shapes import json_bytes, rfc3339
from sinks.delivery import Item, PartlyTaken, Refused
from sinks.headers import HEADERS, given_headers, hiding, merged
from sinks.http import Http, json_of
from sinks.kind import Kind, Option
from sinks.protobuf import text
from sinks.settings import SinkSettings

log = logging.getLogger(__name__)

SEVERITY = {"Normal": 9, "Warning": 13}
"""INFO and WARN."""


class Otlp:
    def __init__(self, settings: SinkSettings) -> None:
        self._settings = hiding(settings)
        self._http = Http(self._settings)
        self._headers = merged({"Content-Type": "application/json"}, given_headers(settings))
        self._url = logs_url(settings.url)

    def send(self, items: Sequence[Item]) -> None:
        instance = items[0].event.instance
        resource = {
            "service.name": self._settings["service_name"],
            "k8s.cluster.name": instance,
        } | dict(self._settings.surroundings.labels)
        scope = {"name": "eventcenter", "version": self._settings.surroundings.version}
        records = {"scope": scope, "logRecords": [_record(item) for item in items]}
        body = {"resourceLogs": [{"resource": {"attributes": _attributes(resource)}, "scopeLogs": [records]}]}
        response = self._http.post(self._url, content=json_bytes(body), headers=self._headers)
        if response.content:
            self._judge(json_of(response), len(items))

    def _judge(self, answer: Any, count: int) -> None:
        """The protocol says how many records were rejected, and not which."""
        partial = answer.get("partialSuccess") if isinstance(answer, dict) else None
        if not isinstance(partial, dict):
            return
        rejected = _number(partial.get("rejectedLogRecords"))
        said = self._settings.hide(" ".join(str(partial.get("errorMessage") or "").split())[:300])
        if rejected >= count:
            raise PartlyTaken(dict.fromkeys(range(count), f"rejected: {said}"))
        if rejected > 0:
            raise Refused(f"rejected {rejected} of {count} without saying which: {said}")
        if said:
            log.warning("a sink was warned by its receiver sink=%s said=%s", self._settings.name, said)

    def close(self) -> None:
        self._http.close()


def logs_url(url: str) -> str:
    """A base gets the path of the protocol; the whole address stays as it is."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path if path.endswith("/v1/logs") else f"{path}/v1/logs"))


def _record(item: Item) -> dict[str, Any]:
    event = item.event
    attributes: dict[str, str | int] = {
        "k8s.event.name": str((item.raw.get("metadata") or {}).get("name") or ""),
        "k8s.event.uid": event.uid,
        "k8s.event.reason": event.reason,
        "k8s.event.action": event.action,
        "k8s.event.start_time": rfc3339(event.first_time),
        "k8s.event.count": event.count,
        "k8s.namespace.name": event.namespace,
        "k8s.node.name": event.hostname,
        "k8s.object.kind": event.kind,
        "k8s.object.name": event.name,
        "k8s.object.uid": event.object_uid,
        "k8s.object.fieldpath": event.field_path,
        "k8s.object.api_version": event.api_version,
        "k8s.event.component": event.component,
        "log.record.uid": item.key,
    }
    return {
        "timeUnixNano": _nanoseconds(event.last_time),
        "observedTimeUnixNano": _nanoseconds(event.last_time),
        "severityNumber": SEVERITY.get(event.level, 0),
        "severityText": text(event.level),
        "body": {"stringValue": text(event.message)},
        "attributes": _attributes(attributes),
    }


def _attributes(values: Mapping[str, str | int]) -> list[dict[str, Any]]:
    """64-bit numbers are texts in this JSON."""
    return [
        {
            "key": key,
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": text(value)},
        }
        for key, value in values.items()
        if value != ""
    ]


def _nanoseconds(time: int) -> str:
    return str(min(max(time, 0) * 1_000_000, 2**64 - 1))


def _number(given: Any) -> int:
    try:
        return int(given or 0)
    except (TypeError, ValueError, OverflowError):
        return 0


KIND = Kind(
    name="otlp",
    summary="A log record for each event, in OpenTelemetry's protocol (OTLP/HTTP, JSON).",
    example="otlp:http://otel-collector.observability.svc:4318",
    options=(
        Option("service_name", "the resource attribute service.name", default="eventcenter"),
        *HEADERS,
    ),
    open=Otlp,
    passes_on=True,
    batch=500,
    over_http=True,
    notes=("The path /v1/logs is added where the URL does not end with it.",),
)
