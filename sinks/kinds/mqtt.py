"""`mqtt`: a message for every change; taken once the broker has acknowledged it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, DeliveryError, Item, PartlyTaken, Refused, TryAgain
from sinks.kind import Kind, Option, boolean, one_of, text
from sinks.paths import filled, path_of
from sinks.payload import format_option, payload
from sinks.settings import SinkSettings
from sinks.tls import TLS_OPTIONS, tls_context

if TYPE_CHECKING:
    from paho.mqtt.client import Client

PORTS = {"mqtt": 1883, "mqtts": 8883, "tcp": 1883, "ssl": 8883}
REFUSED = frozenset({0x95, 0x99})
"""Packet too large, payload format invalid."""
NOT_ALLOWED = frozenset({0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x90, 0x9A, 0x9B})
"""Version, client id, user or password, rights, banned, topic name, retain or QoS not supported."""
AT_ONCE = 100


class Mqtt:
    def __init__(self, settings: SinkSettings) -> None:
        import paho.mqtt.client  # noqa: F401 - a missing library shows here

        self._settings = settings
        parts = urlsplit(settings.url if "://" in settings.url else f"mqtt://{settings.url}")
        try:
            self._host, self._port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            self._host = ""
        if parts.scheme not in PORTS or not self._host:
            raise ConfigError("mqtt: the address is mqtt://HOST:1883 or mqtts://HOST:8883")
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._tls = tls_context(settings) if parts.scheme in ("mqtts", "ssl") else None
        self._changed = threading.Condition()
        self._client: Client | None = None
        self._answer: Any = None
        """The reason code of the connection, once there is one."""
        self._largest = 0
        """Bytes of a packet that the broker takes; 0: it has not said."""
        self._lost = ""
        self._acks: dict[int, Any] = {}
        """By the number of the message: the reason code."""

    def send(self, items: Sequence[Item]) -> None:
        until = time.monotonic() + self._settings.timeout_s
        results: list[DeliveryError | None] = []
        try:
            client = self._connected(until)
            for start in range(0, len(items), AT_ONCE):
                results += self._confirmed(client, items[start : start + AT_ONCE], until)
        except TryAgain as error:
            self._forget()
            results += [error] * (len(items) - len(results))
        except (OSError, ValueError) as error:
            self._forget()
            told = self._settings.hide(str(error))[:300]
            results += [TryAgain(f"the broker does not answer: {told}")] * (len(items) - len(results))
        self._judge(results)

    def _judge(self, results: list[DeliveryError | None]) -> None:
        failed = {index: error for index, error in enumerate(results) if error is not None}
        if not failed:
            return
        refused = {index: str(error) for index, error in failed.items() if isinstance(error, Refused)}
        again = [index for index in failed if index not in refused]
        if len(again) == len(results):
            raise failed[again[0]]
        raise PartlyTaken(refused, again)

    def _connected(self, until: float) -> Client:
        if self._client is not None and not self._lost:
            return self._client
        self._forget()
        self._client = client = self._made()
        client.connect(self._host, self._port, keepalive=60)
        client.loop_start()
        if not self._wait(lambda: self._answer is not None or bool(self._lost), until):
            raise TryAgain("the broker does not answer")
        if self._answer is None or self._answer.is_failure:
            why = self._settings.hide(str(self._answer or self._lost))
            code = getattr(self._answer, "value", 0)
            self._forget()
            if code in NOT_ALLOWED:
                raise Broken(f"the broker refuses the sink: {why}", hint="Look at user, password and rights.")
            raise TryAgain(f"the broker does not take the connection: {why}")
        return client

    def _made(self) -> Client:
        from paho.mqtt.client import Client, MQTTv5, MQTTv311
        from paho.mqtt.enums import CallbackAPIVersion

        version = MQTTv5 if self._settings["version"] == "5" else MQTTv311
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._settings["client_id"] or "",
            protocol=version,
            reconnect_on_failure=False,  # the next send connects, and knows what was acknowledged
        )
        client.connect_timeout = min(10.0, self._settings.timeout_s)
        client.max_inflight_messages_set(AT_ONCE)
        if self._login:
            client.username_pw_set(*self._login)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        self._answer, self._lost, self._largest = None, "", 0
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    def _on_connect(self, client: Client, _: Any, flags: Any, code: Any, properties: Any) -> None:
        with self._changed:
            self._largest = getattr(properties, "MaximumPacketSize", 0) or 0
            self._answer = code
            self._changed.notify_all()

    def _on_disconnect(self, client: Client, _: Any, flags: Any, code: Any, properties: Any) -> None:
        with self._changed:
            if client is self._client:
                self._lost = str(code) or "the connection broke"
                self._changed.notify_all()

    def _on_publish(self, client: Client, _: Any, number: int, code: Any, properties: Any) -> None:
        with self._changed:
            self._acks[number] = code
            self._changed.notify_all()

    def _wait(self, done: Any, until: float) -> bool:
        with self._changed:
            return bool(self._changed.wait_for(done, max(0.0, until - time.monotonic())))

    def _confirmed(self, client: Client, items: Sequence[Item], until: float) -> list[DeliveryError | None]:
        with self._changed:
            self._acks.clear()
        sent = [self._publish(client, item) for item in items]
        wanted = [number for number in sent if isinstance(number, int)]
        self._wait(lambda: bool(self._lost) or all(number in self._acks for number in wanted), until)
        with self._changed:
            acks, lost = dict(self._acks), self._lost
        results: list[DeliveryError | None] = []
        for one in sent:
            if isinstance(one, DeliveryError):
                results.append(one)
            elif one in acks:
                results.append(_judged(acks[one]))
            else:
                results.append(TryAgain(f"the broker has not acknowledged it: {lost or 'it takes too long'}"))
        if any(isinstance(one, int) and one not in acks for one in sent):
            self._forget()
        return results

    def _publish(self, client: Client, item: Item) -> int | DeliveryError:
        """The number of the message, or why there is none."""
        topic = filled(self._settings["topic"], item.event, "/")
        value = payload(item, self._settings)
        if self._largest and len(value) + len(topic.encode()) + 200 > self._largest:
            return Refused(f"larger than the {self._largest} bytes that the broker takes")
        if len(topic.encode()) > 65_535:
            return Refused("its topic is longer than MQTT allows")
        info = client.publish(
            topic,
            value,
            qos=int(self._settings["qos"]),
            retain=self._settings["retain"],
            properties=self._properties(item),
        )
        if info.rc != 0 and not info.mid:
            return TryAgain("the connection broke")
        return int(info.mid)

    def _properties(self, item: Item) -> Any:
        if self._settings["version"] != "5":
            return None
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        properties.UserProperty = ("key", item.key)
        return properties

    def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.disconnect()
                client.loop_stop()

    def close(self) -> None:
        self._forget()


def _judged(code: Any) -> DeliveryError | None:
    value = getattr(code, "value", 0)
    if value < 0x80:
        return None
    if value in REFUSED:
        return Refused(f"the broker refuses it: {code}")
    if value in NOT_ALLOWED:
        return Broken(f"the broker refuses the sink: {code}", hint="Look at the topic and the rights.")
    return TryAgain(f"the broker does not take it now: {code}")


KIND = Kind(
    name="mqtt",
    summary="MQTT: a message for every change, acknowledged by the broker.",
    example="mqtt:mqtts://user:PASSWORD@mqtt.example.com:8883?topic=events/{namespace}/{kind}",
    options=(
        Option(
            "topic",
            "the topic; {instance}, {level}, {namespace}, {kind}, {name}, {reason} are replaced",
            path_of("+#"),
            "events/{namespace}/{kind}",
        ),
        Option(
            "qos",
            "1: acknowledged; 2: exactly once to the broker; 0: sent and forgotten",
            one_of("0", "1", "2"),
            "1",
        ),
        Option("retain", "the broker keeps the newest of each topic", boolean, False),
        Option("version", "of MQTT; before 5 a broker cannot say why it refuses", one_of("5", "3.1.1"), "5"),
        Option("client_id", "where the broker wants one; empty: the broker's choice", text),
        *TLS_OPTIONS,
        format_option(),
    ),
    open=Mqtt,
    modules=("paho",),
    extra="mqtt",
    batch=500,
)
