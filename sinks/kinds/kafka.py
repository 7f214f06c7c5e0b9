"""`kafka`: a message for every change in a topic, keyed by the event, so that what happens to one event stays in order.

The producer is idempotent and keeps what the brokers have not confirmed: what comes again after a time-out is not
produced a second time but waited for, so that an outage doubles nothing as long as this process lives."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from eventcenter.errors import ConfigError
from eventcenter.shapes import json_bytes, rfc3339
from sinks.delivery import Broken, DeliveryError, Item, PartlyTaken, TryAgain
from sinks.kind import Kind, Option, Url, any_text, boolean, number, one_of, text
from sinks.payload import format_option, payload
from sinks.settings import SinkSettings

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message, Producer

POISON = frozenset({"MSG_SIZE_TOO_LARGE", "INVALID_MSG", "INVALID_MSG_SIZE", "INVALID_RECORD"})
MENDABLE = frozenset(
    {
        "UNKNOWN_TOPIC_OR_PART", "TOPIC_EXCEPTION", "POLICY_VIOLATION", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION",
        "TOPIC_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
        "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM", "SECURITY_DISABLED",
        "_AUTHENTICATION", "_SSL", "_INVALID_ARG", "_UNSUPPORTED_FEATURE", "UNSUPPORTED_FOR_MESSAGE_FORMAT",
    }
)  # fmt: skip
LOOK_S = 0.1


class Kafka:
    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._config = config(settings)
        self._producer: Producer | None = None
        self._pending: dict[str, KafkaError | bool] = {}
        """By the key of the item: False while it is under way, True once the brokers have it, else why not."""
        self._trouble: KafkaError | None = None
        """The newest that the client said of its connections."""

    def send(self, items: Sequence[Item]) -> None:
        until = time.monotonic() + self._settings.timeout_s
        producer = self._opened()
        self._trouble = None
        wanted = {item.key for item in items}
        self._pending = {key: what for key, what in self._pending.items() if what is False or key in wanted}
        for item in items:
            if item.key not in self._pending:
                self._produce(producer, item, until)
        while any(self._pending[key] is False for key in wanted):
            self._wait(producer, until)
        self._judge([self._pending.pop(item.key) for item in items])

    def _opened(self) -> Producer:
        from confluent_kafka import KafkaException, Producer

        if self._producer is None:
            try:
                self._producer = Producer(self._config | {"error_cb": self._troubled})
            except (KafkaException, ValueError, TypeError) as error:
                raise Broken(
                    f"the settings cannot be used: {self._settings.hide(str(error))[:300]}"
                ) from None
        return self._producer

    def _troubled(self, error: KafkaError) -> None:
        self._trouble = error

    def _produce(self, producer: Producer, item: Item, until: float) -> None:
        from confluent_kafka import KafkaException

        key = item.key
        value = eventer_message(item) if self._settings["format"] == "kube-eventer" else None
        while True:
            try:
                producer.produce(
                    self._settings["eventstopic"],
                    value=value if value is not None else payload(item, self._settings),
                    key=item.event.uid.encode("utf-8", "replace"),
                    headers=[("eventcenter-key", key.encode("utf-8", "replace"))],
                    timestamp=max(item.event.last_time, 0),
                    on_delivery=self._reporter(key),
                )
            except BufferError:
                self._wait(producer, until)
                continue
            except KafkaException as error:
                self._pending[key] = error.args[0]
            else:
                self._pending[key] = False
            return

    def _reporter(self, key: str) -> Callable[[KafkaError | None, Message], None]:
        def report(error: KafkaError | None, message: Message) -> None:
            self._pending[key] = error if error is not None else True

        return report

    def _wait(self, producer: Producer, until: float) -> None:
        """For reports. DeliveryError at the time limit, or when it is clear that none will come."""
        left = until - time.monotonic()
        producer.poll(max(0.0, min(LOOK_S, left)))
        trouble = self._trouble
        if trouble is not None and trouble.fatal():
            self._give_up()
            raise TryAgain(f"the producer begins anew: {self._told(trouble)}")
        if trouble is not None and trouble.name() in MENDABLE:
            raise self._broken(trouble)
        if left <= 0:
            why = f": {self._told(trouble)}" if trouble is not None else ""
            raise TryAgain(f"Kafka has not confirmed within {self._settings.timeout_s:g} s{why}")

    def _judge(self, reports: list[KafkaError | bool]) -> None:
        failed = {index: report for index, report in enumerate(reports) if not isinstance(report, bool)}
        if not failed:
            return
        for error in failed.values():
            if error.fatal():
                self._give_up()
            elif error.name() in MENDABLE and len(failed) == len(reports):
                raise self._broken(error)
        refused = {
            index: f"Kafka refuses it: {self._told(error)}"
            for index, error in failed.items()
            if error.name() in POISON
        }
        again = [index for index in failed if index not in refused]
        if len(again) == len(reports):
            raise TryAgain(f"Kafka does not take them: {self._told(failed[again[0]])}")
        raise PartlyTaken(refused, again)

    def _broken(self, error: KafkaError) -> DeliveryError:
        return Broken(
            f"Kafka refuses the sink: {self._told(error)}",
            hint="Look at the topic, user, password, certificates and rights.",
        )

    def _told(self, error: KafkaError) -> str:
        said = self._settings.hide(" ".join(error.str().split()))[:300]
        return f"{said} ({error.name()})"

    def _give_up(self) -> None:
        producer, self._producer = self._producer, None
        self._pending.clear()
        if producer is not None:
            producer.purge()
            producer.poll(0)
            self._pending.clear()

    def close(self) -> None:
        self._give_up()


def config(settings: SinkSettings) -> dict[str, Any]:
    """What librdkafka is told. ConfigError for what does not go together."""
    if bool(settings["cert"]) != bool(settings["key"]):
        raise ConfigError("kafka: cert and key go together; one of them is missing")
    if bool(settings["user"]) != bool(settings["password"]):
        raise ConfigError("kafka: user and password go together; one of them is missing")
    milliseconds = max(1000, round(settings.timeout_s * 1000))
    found: dict[str, Any] = {
        "bootstrap.servers": ",".join(settings["brokers"]),
        "client.id": "eventcenter",
        "enable.idempotence": settings["idempotent"],
        "max.in.flight.requests.per.connection": 5 if settings["idempotent"] else 1,  # or order is lost
        "acks": "all",
        "message.timeout.ms": 0,  # what is under way is waited for, see above
        "message.max.bytes": settings["maxbytes"],
        "socket.timeout.ms": min(60_000, milliseconds),
        "socket.connection.setup.timeout.ms": min(10_000, milliseconds),
        "topic.metadata.propagation.max.ms": min(10_000, milliseconds),
        "reconnect.backoff.max.ms": 2000,
        "compression.type": settings["compression"],
        "linger.ms": 5,
        "queue.buffering.max.kbytes": 65_536,
        "log_level": 0,  # everything that matters comes as an error
    }
    tls = settings["tls"] or bool(settings["cacert"]) or bool(settings["cert"])
    if settings["user"]:
        found |= {
            "sasl.mechanism": settings["mechanism"],
            "sasl.username": settings["user"],
            "sasl.password": settings["password"],
        }
    found["security.protocol"] = f"{'sasl_' if settings['user'] else ''}{'ssl' if tls else 'plaintext'}"
    return found | (_tls(settings) if tls else {})


def _tls(settings: SinkSettings) -> dict[str, Any]:
    files = {
        "ssl.ca.location": settings["cacert"],
        "ssl.certificate.location": settings["cert"],
        "ssl.key.location": settings["key"],
    }
    return {
        "enable.ssl.certificate.verification": not settings["insecuressl"],
        **{name: path for name, path in files.items() if path},
    }


def eventer_message(item: Item) -> bytes:
    """As kube-eventer writes it: the object as indented JSON in a string, its time, and what it is about."""
    event = item.event
    tags = {"eventID": event.uid, "hostname": event.hostname}
    if event.kind == "Pod":
        tags |= {"pod_id": event.object_uid, "pod_name": event.name}
    return json_bytes(
        {
            "EventValue": json.dumps(item.raw, indent=1, ensure_ascii=False),
            "EventTimestamp": rfc3339(event.last_time),
            "EventTags": tags,
        }
    )


def broker(given: str) -> str:
    host, _, port = given.strip().rpartition(":")
    if not host or not port.isdigit() or any(mark in given for mark in ", /"):
        raise ValueError("is not HOST:PORT; several brokers are several times brokers=")
    return given.strip()


KIND = Kind(
    name="kafka",
    summary="Kafka: a message for every change, keyed by the uid of the event.",
    example="kafka:?brokers=kafka-0:9092&brokers=kafka-1:9092&eventstopic=events",
    options=(
        Option("brokers", "a broker, HOST:PORT", broker, (), required=True, many=True),
        Option("eventstopic", "the topic", text, "heapster-events"),
        Option("timeseriestopic", "of Heapster's metrics", any_text, ignored=True),
        Option(
            "compression",
            "none, gzip, snappy, lz4 or zstd",
            one_of("none", "gzip", "snappy", "lz4", "zstd"),
            "none",
        ),
        Option("user", "the user of SASL", text),
        Option("password", "its password", any_text, secret=True),
        Option("mechanism", "of SASL", one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"), "PLAIN"),
        Option(
            "tls",
            "TLS with the authorities of the system, where cacert and cert are not given",
            boolean,
            False,
        ),
        Option("cacert", "a file with the certificate of the authority; turns on TLS", text),
        Option("cert", "a file with the certificate of the client, with key; turns on TLS", text),
        Option("key", "a file with its private key", text),
        Option("insecuressl", "take any certificate of the broker", boolean, False),
        Option(
            "maxbytes",
            "the largest message in bytes; as the topic's max.message.bytes",
            number(1000, 1_000_000_000),
            1_000_000,
        ),
        Option(
            "idempotent",
            "what the client itself sends again is not doubled; false for brokers that cannot do it",
            boolean,
            True,
        ),
        format_option(
            "kube-eventer", "kube-eventer: EventValue, EventTimestamp and EventTags", "kube-eventer"
        ),
    ),
    open=Kafka,
    url=Url.NONE,
    modules=("confluent_kafka",),
    extra="kafka",
    batch=500,
)
