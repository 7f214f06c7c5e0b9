"""`cloudevents`: CloudEvents 1.0 over HTTP, for Knative, Argo Events, Event Grid and whatever else understands them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eventcenter.errors import ConfigError
from eventcenter.shapes import event_shape, json_bytes, rfc3339
from sinks.delivery import Item
from sinks.headers import HEADERS, given_headers, header_text, hiding, merged
from sinks.http import Http
from sinks.kind import Kind, Option, number, one_of
from sinks.settings import SinkSettings


class CloudEvents:
    def __init__(self, settings: SinkSettings) -> None:
        self._settings = hiding(settings)
        self._mode = settings["mode"] or ("batched" if settings.batch > 1 else "binary")
        if settings.batch > 1 and self._mode != "batched":
            raise ConfigError(
                f"mode={self._mode} takes one event a request; leave batch away or say mode=batched"
            )
        self._http = Http(self._settings)
        self._headers = given_headers(settings)

    def send(self, items: Sequence[Item]) -> None:
        if self._mode == "binary":
            headers, content = self._binary(items[0])
        else:
            made = [self._attributes(item) | {"data": self._data(item)} for item in items]
            batched = self._mode == "batched"
            headers = {
                "Content-Type": f"application/cloudevents{'-batch' if batched else ''}+json; charset=utf-8"
            }
            content = json_bytes(made if batched else made[0])
        self._http.post(self._settings.url, content=content, headers=merged(headers, self._headers))

    def _binary(self, item: Item) -> tuple[dict[str, str], bytes]:
        attributes = self._attributes(item)
        headers = {"Content-Type": attributes.pop("datacontenttype")}
        headers |= {f"ce-{name}": header_text(value) for name, value in attributes.items()}
        return headers, json_bytes(self._data(item))

    def _attributes(self, item: Item) -> dict[str, str]:
        """An attribute without a value must not be there."""
        event = item.event
        attributes = {
            "specversion": "1.0",
            "id": item.key,
            "source": self._settings["source"] or f"/eventcenter/{header_text(event.instance)}",
            "type": self._settings["type"],
            "subject": "/".join(part for part in (event.namespace, event.kind, event.name) if part),
            "time": rfc3339(event.last_time),
            "datacontenttype": "application/json",
            "partitionkey": event.uid,
            "level": event.level,
            "reason": event.reason,
            "kind": event.kind,
            "namespace": event.namespace,
            "cluster": event.instance,
        }
        return {name: value for name, value in attributes.items() if value}

    def _data(self, item: Item) -> dict[str, Any]:
        if self._settings["data"] == "raw":
            return item.raw
        labels = dict(self._settings.surroundings.labels)
        return event_shape(item.event) | {"occurrences": item.occurrences} | labels

    def close(self) -> None:
        self._http.close()


KIND = Kind(
    name="cloudevents",
    summary="CloudEvents 1.0 over HTTP.",
    example="cloudevents:http://broker-ingress.knative-eventing.svc.cluster.local/default/default",
    options=(
        Option(
            "mode",
            "binary: attributes in headers; structured: all in the body; batched: an array. Default: binary, or "
            "batched where batch is given",
            one_of("binary", "structured", "batched"),
        ),
        Option("batch", "so many in one request, with mode=batched", number(1, 1000), 1),
        Option("type", "of every event", default="io.k8s.core.v1.event"),
        Option("source", "of every event; default: /eventcenter/INSTANCE"),
        Option("data", "raw: the Kubernetes object; event: as the API has it", one_of("raw", "event"), "raw"),
        *HEADERS,
    ),
    open=CloudEvents,
    passes_on=True,
    over_http=True,
    notes=("Receivers tell a repetition by source and id, which are the same at every try.",),
)
