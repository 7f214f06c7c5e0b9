"""`pagerduty`: incidents by the Events API v2, opened with a dedup key and resolved when it is over."""

from __future__ import annotations

from typing import Any

from eventcenter.rules import Severity
from eventcenter.shapes import rfc3339
from sinks.delivery import Broken, Refused
from sinks.http import Http, told
from sinks.kind import Kind, Option, Url
from sinks.messages import Message, cut_bytes, cut_chars
from sinks.settings import SinkSettings

API = "https://events.pagerduty.com"
ACCEPTED = 202
INVALID = 400

_SEVERITIES: dict[Severity, str] = {
    "critical": "critical",
    "high": "error",
    "medium": "warning",
    "low": "warning",
    "info": "info",
}


class PagerDuty:
    resolves = True

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._http = Http(settings)
        self._place = f"{(settings.url or API).rstrip('/')}/v2/enqueue"

    def tell(self, message: Message) -> None:
        response = self._http.post(self._place, json=self._body(message), accept=frozenset({INVALID}))
        if response.status_code != INVALID:
            return
        said = self._settings.hide(told(response))
        if "routing_key" in said or "routing key" in said.lower():
            raise Broken(
                f"answered 400: {said}", hint="Look at routing_key: the integration key of a service."
            )
        raise Refused(f"answered 400: {said}")

    def _body(self, message: Message) -> dict[str, Any]:
        body: dict[str, Any] = {
            "routing_key": self._settings["routing_key"],
            "event_action": "resolve" if message.resolved else "trigger",
            "dedup_key": cut_bytes(message.key, 255),
        }
        if message.resolved:
            return body
        labels = dict(message.labels)
        body["payload"] = {
            "summary": cut_chars(message.title, 1024),
            "source": labels.get("instance") or "kubernetes",
            "severity": _SEVERITIES[message.severity],
            "timestamp": rfc3339(message.time),
            "component": "/".join(filter(None, (labels.get("kind"), labels.get("name")))),
            "group": labels.get("namespace", ""),
            "class": labels.get("reason", ""),
            "custom_details": {
                **labels,
                "text": cut_bytes(message.text, 100_000),
                "since": rfc3339(message.since),
                "occurrences": message.occurrences,
            },
        }
        if message.link:
            body["links"] = [{"href": message.link, "text": "Event center"}]
        body["client"] = "Event center"
        return body

    def close(self) -> None:
        self._http.close()


KIND = Kind(
    name="pagerduty",
    summary="Incidents in PagerDuty, opened and resolved (Events API v2).",
    example="pagerduty:?routing_key=KEY",
    options=(
        Option(
            "routing_key", "the integration key of a service or an orchestration", required=True, secret=True
        ),
    ),
    messenger=PagerDuty,
    url=Url.OPTIONAL,
    default_level="Warning",
    over_http=True,
    per_minute=120,
    notes=("In the European region: pagerduty:https://events.eu.pagerduty.com?routing_key=KEY",),
)
