"""`nats`: a message for every change, confirmed by JetStream where a stream listens, which drops what it has."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, DeliveryError, Item, PartlyTaken, Refused, TryAgain
from sinks.kind import Kind, Option, any_text, one_of
from sinks.loop import Loop
from sinks.paths import filled, path_of
from sinks.payload import format_option, payload
from sinks.settings import SinkSettings
from sinks.tls import TLS_OPTIONS, tls_context

if TYPE_CHECKING:
    from nats.aio.client import Client

TOO_LARGE = 10054
"""The stream's own limit."""
NO_JETSTREAM = frozenset({None, 10039, 10076})
"""The server or the account has none."""
LOOK_EVERY_S = 60.0
AT_ONCE = 128
"""Messages whose confirmation is waited for together."""


class Nats:
    def __init__(self, settings: SinkSettings) -> None:
        import nats  # noqa: F401 - a missing library shows here

        self._settings = settings
        self._loop = Loop(settings.name)
        self._client: Client | None = None
        self._said: list[str] = []
        """What the server told since the beginning of a send, as that something is not allowed."""
        self._over = asyncio.Event()
        """Set when it has said so, or when the connection has ended: no confirmation will come."""
        self._stream = settings["jetstream"] == "on"
        """Whether a stream takes the subject; once seen, nothing goes without its confirmation again."""
        self._looked = 0.0
        """When a stream was last looked for (monotonic)."""
        self._tls = tls_context(settings) if settings.url.startswith("tls://") else None
        self._servers()

    def _servers(self) -> list[str]:
        hosts = self._settings.url.split(",")
        for host in hosts:
            parts = urlsplit(host if "://" in host else f"nats://{host}")
            if parts.scheme not in ("nats", "tls") or not parts.hostname:
                raise ConfigError(
                    "nats: the address is nats://HOST:4222 or tls://HOST:4222, several with commas"
                )
        if any("@" in host for host in hosts[1:]):
            raise ConfigError("nats: user and password stand before the first host only")
        return hosts

    def send(self, items: Sequence[Item]) -> None:
        self._said.clear()
        try:
            failed = self._loop.run(self._send(items), self._settings.timeout_s)
        except DeliveryError:
            if self._over.is_set():
                self._forget()
            raise
        except TimeoutError:
            self._forget()
            if denied := self._denied():
                raise denied from None
            raise TryAgain(f"NATS has not confirmed within {self._settings.timeout_s:g} s") from None
        except Exception as error:  # the client raises anything when a connection breaks
            self._forget()
            raise self._judged(error) from None
        if failed:
            self._partly(items, failed)

    def _partly(self, items: Sequence[Item], failed: dict[int, DeliveryError]) -> None:
        refused = {index: str(error) for index, error in failed.items() if isinstance(error, Refused)}
        again = [index for index in failed if index not in refused]
        others = [failed[index] for index in again]
        broken = [error for error in others if isinstance(error, Broken)]
        if broken and len(failed) == len(items):
            raise broken[0]
        if len(again) == len(items):
            raise others[0]
        raise PartlyTaken(refused, again)

    async def _send(self, items: Sequence[Item]) -> dict[int, DeliveryError]:
        client = await self._connected()
        failed: dict[int, DeliveryError] = {}
        for start in range(0, len(items), AT_ONCE):
            piece = items[start : start + AT_ONCE]
            results = await self._confirmed(client, piece)
            failed |= {start + index: error for index, error in enumerate(results) if error is not None}
        return failed

    async def _connected(self) -> Client:
        from nats.aio.client import Client

        if self._client is not None and self._client.is_connected:
            return self._client
        self._over.clear()
        self._client = client = Client()
        parts = urlsplit(self._settings.url.split(",")[0])
        await client.connect(
            servers=self._servers(),
            name="eventcenter",
            error_cb=self._told_by_server,
            closed_cb=self._ended,
            allow_reconnect=False,  # the next send connects, and knows what it has confirmed
            connect_timeout=max(1, round(min(10.0, self._settings.timeout_s))),
            tls=self._tls,
            token=self._settings["token"],
            user_credentials=self._settings["credentials"],
            user=unquote(parts.username) if parts.username and parts.password else None,
            password=unquote(parts.password) if parts.password else None,
        )
        return client

    async def _ended(self) -> None:
        self._over.set()

    async def _told_by_server(self, error: Exception) -> None:
        self._said = [*self._said[-9:], str(error)]
        if "violation" in str(error).lower():
            self._over.set()

    async def _confirmed(self, client: Client, items: Sequence[Item]) -> list[DeliveryError | None]:
        if not await self._has_stream(client):
            return await self._published(client, items)
        confirmations = asyncio.gather(*(self._into_stream(client, item) for item in items))
        confirmations.add_done_callback(_seen)
        over = asyncio.ensure_future(self._over.wait())
        both: set[asyncio.Future[Any]] = {confirmations, over}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if not confirmations.done():
            confirmations.cancel()
            raise self._denied() or TryAgain("the connection to NATS broke")
        return list(confirmations.result())

    async def _has_stream(self, client: Client) -> bool:
        """Asked for now and then, as one can be made later."""
        from nats.errors import NoRespondersError
        from nats.js.errors import NotFoundError, ServiceUnavailableError

        if (
            self._stream
            or self._settings["jetstream"] == "off"
            or time.monotonic() < self._looked + LOOK_EVERY_S
        ):
            return bool(self._stream)
        subject = re.sub(r"\{\w+\}", "*", self._settings["subject"])
        try:
            await client.jetstream().find_stream_name_by_subject(subject)
            self._stream = True
        except (NotFoundError, NoRespondersError):
            self._looked = time.monotonic()
        except ServiceUnavailableError as error:
            if error.err_code in NO_JETSTREAM:
                self._looked = time.monotonic()
            else:
                raise TryAgain(
                    f"JetStream is not ready: {self._settings.hide(str(error.description))}"
                ) from None
        return bool(self._stream)

    async def _into_stream(self, client: Client, item: Item) -> DeliveryError | None:
        from nats.errors import NoRespondersError, TimeoutError
        from nats.js.errors import APIError, NoStreamResponseError

        try:
            await client.jetstream().publish(
                self._subject(item),
                payload(item, self._settings),
                timeout=self._settings.timeout_s,
                headers={"Nats-Msg-Id": item.key},
            )
        except (NoStreamResponseError, NoRespondersError):
            return TryAgain(f"no stream takes {self._subject(item)}")
        except APIError as error:
            told = f"JetStream: {self._settings.hide(str(error.description))} ({error.err_code})"
            return Refused(told) if error.err_code == TOO_LARGE else TryAgain(told)
        except TimeoutError:
            return self._denied() or TryAgain("JetStream has not confirmed in time")
        except Exception as error:  # of one message or of the connection
            return self._judged(error)
        return None

    async def _published(self, client: Client, items: Sequence[Item]) -> list[DeliveryError | None]:
        """Without a stream: on its way to whoever listens, once the server has answered to a ping after it."""
        results: list[DeliveryError | None] = []
        for item in items:
            try:
                headers = {"Nats-Msg-Id": item.key}
                await client.publish(self._subject(item), payload(item, self._settings), headers=headers)
            except Exception as error:
                results.append(self._judged(error))
            else:
                results.append(None)
        for _ in range(2):  # the client's ping overtakes what it has not written yet; the second one cannot
            await client.flush(timeout=max(1, round(self._settings.timeout_s)))
        if denied := self._denied():
            raise denied
        return results

    def _denied(self) -> Broken | None:
        said = next((text for text in self._said if "violation" in text.lower()), None)
        return self._broken(said) if said is not None else None

    def _broken(self, said: str) -> Broken:
        return Broken(
            f"NATS refuses the sink: {self._settings.hide(' '.join(said.split()))[:300]}",
            hint="Look at the subject, user, password, token and rights.",
        )

    def _judged(self, error: Exception) -> DeliveryError:
        from nats import errors

        said = str(error) or type(error).__name__
        told = self._settings.hide(" ".join(said.split()))[:300]
        if isinstance(error, errors.MaxPayloadError | errors.BadSubjectError | errors.BadHeaderError):
            return Refused(f"NATS cannot carry it: {told}")
        denied = self._denied()
        if denied is not None:
            return denied
        if isinstance(error, errors.AuthorizationError | errors.InvalidUserCredentialsError):
            return self._broken(said)
        if "authorization" in said.lower() or "authentication" in said.lower() or "nkey" in said.lower():
            return self._broken(said)
        return TryAgain(f"NATS does not answer: {told}")

    def _subject(self, item: Item) -> str:
        return filled(self._settings["subject"], item.event, ".")

    def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                self._loop.run(client.close(), 0.8)

    def close(self) -> None:
        self._forget()
        self._loop.close()


def _seen(confirmations: asyncio.Future[Any]) -> None:
    """That they were given up is known."""
    if not confirmations.cancelled():
        confirmations.exception()


KIND = Kind(
    name="nats",
    summary="NATS: a message for every change, through JetStream where a stream listens.",
    example="nats:nats://user:PASSWORD@nats:4222?subject=events.{namespace}.{kind}",
    options=(
        Option(
            "subject",
            "the subject; {instance}, {level}, {namespace}, {kind}, {name}, {reason} are replaced",
            path_of("*>"),
            "events",
        ),
        Option(
            "jetstream",
            "auto: where a stream listens; on: only so; off: to whoever listens, without confirmation by a stream",
            one_of("auto", "on", "off"),
            "auto",
        ),
        Option("token", "in place of user and password", any_text, secret=True),
        Option("credentials", "a file with a user's JWT and seed", any_text),
        *TLS_OPTIONS,
        format_option(),
    ),
    open=Nats,
    modules=("nats",),
    extra="nats",
    batch=500,
)
