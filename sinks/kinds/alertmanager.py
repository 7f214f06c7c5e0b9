"""`alertmanager`: alerts in Prometheus' Alertmanager, which groups, silences and routes them as all others."""

from __future__ import annotations

import re
import time
from typing import Any

from eventcenter.rules import Severity, built_in
from eventcenter.shapes import rfc3339
from sinks.delivery import DeliveryError
from sinks.http import Http
from sinks.kind import Kind, Option, boolean
from sinks.messages import Message, cut_bytes
from sinks.settings import SinkSettings

SLACK_S = 600.0
"""Over the time until the next message about the same, in which an alert must not end by itself."""

_SEVERITIES: dict[Severity, str] = {
    "critical": "critical",
    "high": "warning",
    "medium": "warning",
    "low": "info",
    "info": "info",
}
"""In the words that routes of Alertmanager use."""


def label(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name.strip()) or not value.strip():
        raise ValueError("is not NAME=VALUE with a name of letters, digits and _")
    return name.strip(), value.strip()


def place(given: str) -> str:
    if not re.fullmatch(r"https?://[^@\s?]+", given.strip()):
        raise ValueError("is not http://HOST:PORT; user and password are options")
    return given.strip()


class Alertmanager:
    resolves = True

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        user = settings["user"]
        self._http = Http(
            settings,
            verify=not settings["insecure"],
            auth=(user, settings["password"] or "") if user else None,
        )
        bearer = settings["token"]
        self._headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self._places = [
            f"{url.rstrip('/').removesuffix('/api/v2/alerts')}/api/v2/alerts"
            for url in (settings.url, *settings["also"])
        ]

    def tell(self, message: Message) -> None:
        """To every Alertmanager of a cluster, as each must know; one that has it is enough, as they tell each other."""
        alert = self._alert(message)
        failures: list[DeliveryError] = []
        for place in self._places:
            try:
                self._http.post(place, json=[alert], headers=self._headers)
            except DeliveryError as error:
                failures.append(error)
        if len(failures) == len(self._places):
            raise failures[0]

    def _alert(self, message: Message) -> dict[str, Any]:
        now = int(time.time() * 1000)
        starts = min(message.since, now)
        ends = now if message.resolved else now + round(self._lasts_s() * 1000)
        alert = {
            "labels": labels_of(message) | dict(self._settings["label"]),
            "annotations": {
                "summary": message.title,
                "description": cut_bytes(message.text, 30_000),
                "severity": message.severity,
                "occurrences": str(message.occurrences),
            },
            "startsAt": rfc3339(starts),
            "endsAt": rfc3339(ends),
        }
        return alert | ({"generatorURL": message.link} if message.link else {})

    def _lasts_s(self) -> float:
        """Until it is told again at the latest, or that it is over; else resolve_timeout would end it before."""
        return float(self._settings["repeat"][-1] + self._settings["quiet"] + SLACK_S)

    def close(self) -> None:
        self._http.close()


def labels_of(message: Message) -> dict[str, str]:
    """What Alertmanager tells alerts apart by: the same in all messages about one thing, so also the severity is that
    of how it began."""
    given = dict(message.labels)
    problem = built_in().problems.get(given.get("problem", ""))
    severity: Severity = (
        problem.severity if problem else "info" if given.get("level") == "Normal" else "medium"
    )
    labels = {
        "alertname": given.get("reason") or "KubernetesEvent",
        "severity": _SEVERITIES[severity],
    } | {_name(name): cut_bytes(value, 1000) for name, value in given.items() if value}
    return labels


def _name(name: str) -> str:
    return re.sub(r"^(?=\d)|[^a-zA-Z0-9_]", "_", name)


KIND = Kind(
    name="alertmanager",
    summary="Alerts in Prometheus' Alertmanager (API v2), opened and resolved.",
    example="alertmanager:http://alertmanager.monitoring:9093",
    options=(
        Option("also", "another Alertmanager of the same cluster", place, (), many=True),
        Option("user", "for basic authentication"),
        Option("password", "for basic authentication", secret=True),
        Option("token", "sent as bearer token", secret=True),
        Option("label", "NAME=VALUE on every alert, for routes", label, (), many=True),
        Option("insecure", "do not verify certificates", boolean, False),
    ),
    messenger=Alertmanager,
    default_level="Warning",
    over_http=True,
    per_minute=600,
)
