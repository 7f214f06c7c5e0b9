"""`apprise`: the long tail of services that Apprise knows. Many of its plugins look at the HTTP status alone, so that a
message counts as delivered when the service said no in its answer: where there is a kind of its own, take that."""

from __future__ import annotations

import logging

from eventcenter.errors import ConfigError
from eventcenter.rules import Severity
from sinks.delivery import TryAgain
from sinks.kind import Kind
from sinks.markdown import without_mentions
from sinks.messages import Message
from sinks.settings import SinkSettings

_TYPES: dict[Severity, str] = {
    "critical": "failure",
    "high": "failure",
    "medium": "warning",
    "low": "info",
    "info": "info",
}


class AppriseMessenger:
    resolves = False

    def __init__(self, settings: SinkSettings) -> None:
        import apprise

        # Apprise says in its log which address it speaks to, with the token in it: nobody is to read that.
        logging.getLogger("apprise").propagate = False
        self._settings = settings
        self._apprise = apprise.Apprise(
            asset=apprise.AppriseAsset(app_id="eventcenter", storage_mode="memory", async_mode=False)
        )
        if not self._apprise.add(settings.url):
            raise ConfigError(
                "apprise: Apprise knows no service of such an address; see https://appriseit.com/services"
            )
        for service in self._apprise:
            service.socket_connect_timeout = min(service.socket_connect_timeout, settings.timeout_s / 2)
            service.socket_read_timeout = min(service.socket_read_timeout, settings.timeout_s / 2)

    def tell(self, message: Message) -> None:
        body = "\n".join(part for part in (without_mentions(message.text), message.link) if part)
        result = self._apprise.notify(
            title=without_mentions(message.title),
            body=body,
            body_format="text",
            notify_type="success" if message.resolved else _TYPES[message.severity],
        )
        if not result:
            said = [entry.message for service in result.results for entry in service.logs()]
            why = self._settings.hide(" ".join(" ".join(said).split()))[:300]
            raise TryAgain(f"was not taken: {why or 'Apprise does not say why'}")

    def close(self) -> None:
        """Apprise keeps no connection."""


KIND = Kind(
    name="apprise",
    summary="Any of the services that Apprise knows; delivery is not verifiable.",
    example="apprise:ntfys://ntfy.example.com/topic",
    options=(),
    messenger=AppriseMessenger,
    passes_on=True,
    secret_path=True,
    secret_host=True,
    modules=("apprise",),
    extra="apprise",
    default_level="Warning",
    per_minute=20,
    notes=(
        "Delivery is not verifiable: many services say no in an answer that Apprise counts as success.",
        "Options of Apprise's address that are called like ours (name, title, template, lang …) are ours.",
    ),
)
