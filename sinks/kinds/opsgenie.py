"""`opsgenie`: alerts in Opsgenie or, which takes the same, Jira Service Management; closed when it is over."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from eventcenter.rules import Severity
from sinks.http import Http
from sinks.kind import Kind, Option, Url, comma_list, one_of
from sinks.messages import Message, cut_chars
from sinks.settings import SinkSettings

PLACES = {"us": "https://api.opsgenie.com", "eu": "https://api.eu.opsgenie.com"}
GONE = 404

_PRIORITIES: dict[Severity, str] = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4", "info": "P5"}


class Opsgenie:
    resolves = True

    def __init__(self, settings: SinkSettings) -> None:
        self._http = Http(settings)
        self._headers = {"Authorization": f"GenieKey {settings['api_key']}"}
        self._alerts = f"{(settings.url or PLACES[settings['region']]).rstrip('/')}/v2/alerts"
        self._teams = settings["teams"]
        self._tags = settings["tags"]

    def tell(self, message: Message) -> None:
        if message.resolved:
            self._close(message)
        else:
            self._http.post(self._alerts, json=self._alert(message), headers=self._headers)

    def _alert(self, message: Message) -> dict[str, Any]:
        labels = dict(message.labels)
        link = f"\n{message.link}" if message.link else ""
        return {
            "message": cut_chars(message.title, 130),
            "alias": _alias(message),
            "description": cut_chars(message.text, 15_000 - len(link)) + link,
            "responders": [{"name": team, "type": "team"} for team in self._teams],
            "tags": [cut_chars(tag, 50) for tag in self._tags[:20]],
            "details": {name: cut_chars(value, 500) for name, value in labels.items()}
            | {"occurrences": str(message.occurrences)},
            "entity": cut_chars("/".join(filter(None, (labels.get("namespace"), labels.get("name")))), 512),
            "source": cut_chars(labels.get("instance") or "eventcenter", 100),
            "priority": _PRIORITIES[message.severity],
        }

    def _close(self, message: Message) -> None:
        self._http.post(
            f"{self._alerts}/{quote(_alias(message), safe='')}/close",
            params={"identifierType": "alias"},
            json={"note": cut_chars(message.text, 25_000), "source": "eventcenter"},
            headers=self._headers,
            accept=frozenset({GONE}),  # somebody has closed and deleted it
        )

    def close(self) -> None:
        self._http.close()


def _alias(message: Message) -> str:
    return cut_chars(message.key, 512)


KIND = Kind(
    name="opsgenie",
    summary="Alerts in Opsgenie (or Jira Service Management), opened and closed.",
    example="opsgenie:?api_key=KEY&region=eu",
    options=(
        Option("api_key", "of an API integration", required=True, secret=True),
        Option("region", "where the account is", one_of("us", "eu"), "us"),
        Option("teams", "names of the teams to be told, comma-separated", comma_list, ()),
        Option("tags", "comma-separated", comma_list, ()),
    ),
    messenger=Opsgenie,
    url=Url.OPTIONAL,
    default_level="Warning",
    over_http=True,
    per_minute=120,
)
