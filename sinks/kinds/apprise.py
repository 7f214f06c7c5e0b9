"""`apprise`: the long tail of services that Apprise knows. Many of its plugins look at the HTTP status alone, so that a
message counts as delivered when the service said no in its answer: where there is a kind of its own, take that."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator

from eventcenter.errors import ConfigError
from sinks.delivery import TryAgain
from sinks.kind import Kind
from sinks.markdown import without_mentions
from sinks.messages import Message, Severity
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

        self._settings = settings
        self._apprise = apprise.Apprise(
            asset=apprise.AppriseAsset(app_id="eventcenter", storage_mode="memory")
        )
        with _overheard() as said:
            if not self._apprise.add(settings.url):
                raise ConfigError(f"apprise: the address is none of Apprise's: {self._why(said)}")
        for service in self._apprise:
            service.socket_connect_timeout = min(service.socket_connect_timeout, settings.timeout_s / 2)
            service.socket_read_timeout = min(service.socket_read_timeout, settings.timeout_s / 2)

    def tell(self, message: Message) -> None:
        body = "\n".join(part for part in (without_mentions(message.text), message.link) if part)
        with _overheard() as said:
            taken = self._apprise.notify(
                title=without_mentions(message.title),
                body=body,
                body_format="text",
                notify_type="success" if message.resolved else _TYPES[message.severity],
            )
        if not taken:
            raise TryAgain(f"was not taken: {self._why(said)}")

    def _why(self, said: list[str]) -> str:
        return self._settings.hide(" ".join(" ".join(said).split()))[:300] or "it does not say why"

    def close(self) -> None:
        """Apprise keeps no connection."""


class _Ear(logging.Handler):
    """Hears what Apprise says in this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.said.append(record.getMessage())


@contextlib.contextmanager
def _overheard() -> Iterator[list[str]]:
    """Apprise says why in its log only; there it names addresses with their tokens, so nobody else is to read it."""
    log = logging.getLogger("apprise")
    log.propagate = False
    ear = _Ear()
    log.addHandler(ear)
    try:
        yield ear.said
    finally:
        log.removeHandler(ear)


KIND = Kind(
    name="apprise",
    summary="Any of the 130 services that Apprise knows; delivery is not verifiable.",
    example="apprise:tgram://BOT_TOKEN/CHAT_ID",
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
        "Options of Apprise's address that are called like ours (name, title, template, format …) are ours.",
    ),
)
