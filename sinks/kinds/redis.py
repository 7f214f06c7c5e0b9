"""`redis`: events into a stream, a list or a channel of Redis or Valkey.

Together with the events, in one transaction, the key of the last one is written: after a lost answer it says what is
there already, so that a stream or a list has everything once."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, DeliveryError, Item, Refused, TryAgain
from sinks.kind import Kind, Option, boolean, number, one_of, text
from sinks.payload import format_option, payload
from sinks.settings import SinkSettings

if TYPE_CHECKING:
    from redis import Redis as Client
    from redis.client import Pipeline

MENDABLE = ("NOAUTH", "WRONGPASS", "NOPERM", "WRONGTYPE", "MOVED", "ERR AUTH", "ERR DB index", "CROSSSLOT")
AGAIN = (
    "OOM",
    "LOADING",
    "BUSY",
    "READONLY",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "MISCONF",
    "NOREPLICAS",
)


class Redis:
    def __init__(self, settings: SinkSettings) -> None:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        self._settings = settings
        self._key = settings["key"].encode()
        self._marker = b"{%s}:eventcenter:%s" % (self._key, settings.name.encode())
        """In the same slot of a cluster as what it is about."""
        self._sure = False
        """Whether the last transaction was answered."""
        tls: dict[str, Any] = {}
        if settings.url.startswith("rediss://"):
            verify = "none" if settings["insecuressl"] else "required"
            tls = {"ssl_cert_reqs": verify, "ssl_check_hostname": not settings["insecuressl"]}
            tls |= {
                name: settings[option]
                for name, option in (
                    ("ssl_ca_certs", "cacert"),
                    ("ssl_certfile", "cert"),
                    ("ssl_keyfile", "key_file"),
                )
                if settings[option]
            }
        try:
            self._client: Client = redis.Redis.from_url(
                settings.url,
                socket_timeout=settings.timeout_s,
                socket_connect_timeout=min(10.0, settings.timeout_s),
                retry=Retry(NoBackoff(), 0),  # a transaction whose answer is lost must not simply be repeated
                **tls,
            )
        except (ValueError, redis.RedisError) as error:
            raise ConfigError(f"redis: the address cannot be used: {settings.hide(str(error))}") from None

    def send(self, items: Sequence[Item]) -> None:
        import redis

        try:
            left = self._not_yet_there(items)
            if left:
                self._sure = False
                self._write(left)
                self._sure = True
            self._wait_for_replicas()
        except redis.AuthenticationError as error:
            raise self._broken(error) from None
        except redis.ResponseError as error:
            raise self._judged(error) from None
        except (redis.RedisError, OSError) as error:
            raise TryAgain(f"Redis does not answer: {self._told(error)}") from None

    def _not_yet_there(self, items: Sequence[Item]) -> Sequence[Item]:
        if self._sure or self._settings["into"] == "channel":
            return items
        last = self._client.get(self._marker)
        for index, item in enumerate(items):
            if item.key.encode("utf-8", "replace") == last:
                return items[index + 1 :]
        return items

    def _write(self, items: Sequence[Item]) -> None:
        into = self._settings["into"]
        with self._client.pipeline(transaction=into != "channel") as pipe:
            for item in items:
                self._add(pipe, into, item)
            if into != "channel":
                pipe.set(self._marker, items[-1].key.encode())
            if into == "list" and self._settings["maxlen"]:
                pipe.ltrim(self._key, -self._settings["maxlen"], -1)
            pipe.execute()

    def _add(self, pipe: Pipeline, into: str, item: Item) -> None:
        value = payload(item, self._settings)
        if into == "stream":
            fields: dict[Any, Any] = {"key": item.key.encode("utf-8", "replace"), "event": value}
            pipe.xadd(self._key, fields, maxlen=self._settings["maxlen"] or None, approximate=True)
        elif into == "list":
            pipe.rpush(self._key, value)
        else:
            pipe.publish(self._key, value)

    def _wait_for_replicas(self) -> None:
        wanted = self._settings["replicas"]
        if not wanted:
            return
        have = self._client.wait(wanted, max(1, round(self._settings.timeout_s * 500)))
        if have < wanted:
            raise TryAgain(f"{have} of {wanted} replicas have them")

    def _judged(self, error: Exception) -> DeliveryError:
        told = self._told(error)
        said = str(error).upper()
        name = type(error).__name__.upper()
        if any(word.upper() in said for word in MENDABLE) or name in ("NOPERMISSIONERROR", "MOVEDERROR"):
            return self._broken(error)
        if any(word in said for word in AGAIN) or name in ("OUTOFMEMORYERROR", "READONLYERROR"):
            return TryAgain(f"Redis does not take them now: {told}")
        return Refused(f"Redis refuses it: {told}")

    def _broken(self, error: Exception) -> DeliveryError:
        return Broken(
            f"Redis refuses the sink: {self._told(error)}",
            hint="Look at user, password, rights, and what is kept under the key.",
        )

    def _told(self, error: Exception) -> str:
        return self._settings.hide(" ".join(str(error).split()))[:300] or type(error).__name__

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._client.close()


KIND = Kind(
    name="redis",
    summary="Redis or Valkey: a stream, a list or a channel.",
    example="redis:rediss://user:PASSWORD@redis.example.com:6379/0?key=events&maxlen=1000000",
    options=(
        Option(
            "into",
            "stream: XADD; list: RPUSH; channel: PUBLISH, which is lost where nobody listens",
            one_of("stream", "list", "channel"),
            "stream",
        ),
        Option("key", "the name of the stream, list or channel", text, "events"),
        Option(
            "maxlen",
            "how many a stream (roughly) or a list keeps, the newest; 0: all",
            number(0, 10**12),
            1_000_000,
        ),
        Option("replicas", "how many replicas must have them before they count as taken", number(0, 100), 0),
        Option("cacert", "a file with the certificate of the authority, for rediss://", text),
        Option("cert", "a file with the certificate of the client", text),
        Option("key_file", "a file with its private key", text),
        Option("insecuressl", "take any certificate", boolean, False),
        format_option(),
    ),
    open=Redis,
    modules=("redis",),
    extra="redis",
    batch=500,
)
