"""A NATS server with JetStream on disk."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

from tests.sinks.servers.process import Server, binary, free_port


class NatsServer(Server):
    config = ""
    """More of its configuration file."""

    def prepare(self) -> None:
        self._server = binary("nats-server")
        self.monitor_port = free_port()

    def command(self) -> list[str]:
        path = self.directory / "nats.conf"
        path.write_text(
            f'host: "127.0.0.1"\nport: {self.port}\nhttp: "127.0.0.1:{self.monitor_port}"\n'
            f'jetstream {{ store_dir: "{self.directory}/jetstream" }}\n{self.config}\n'
        )
        return [self._server, "-c", str(path)]

    def answers(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor_port}/healthz", timeout=5) as response:
            return bool(response.status == 200) and self.connects()

    def address(self, table: str) -> str:
        """Makes the stream."""
        self.add_stream(table.upper(), [table])
        return f"{self.uri}?subject={table}&timeout=10s"

    def rows(self, table: str) -> list[tuple[str, str]]:
        events = [json.loads(message.data) for message in self.stored(table.upper())]
        return [(event["uid"], event["message"]) for event in events]

    def asked(self, what: Callable[[Any], Awaitable[Any]]) -> Any:
        """With a client."""

        async def ask() -> Any:
            import nats

            client = await nats.connect(self.url)
            try:
                return await what(client)
            finally:
                await client.close()

        return asyncio.run(ask())

    def add_stream(self, name: str, subjects: list[str], **more: Any) -> None:
        async def add(client: Any) -> None:
            await client.jetstream().add_stream(name=name, subjects=subjects, **more)

        self.asked(add)

    def stored(self, name: str) -> list[Any]:
        """Every message of the stream, in order."""

        async def read(client: Any) -> list[Any]:
            stream = client.jetstream()
            count = (await stream.stream_info(name)).state.messages
            subscription = await stream.subscribe(">", stream=name, ordered_consumer=True)
            return [await subscription.next_msg(timeout=20) for _ in range(count)]

        return list(self.asked(read))

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def uri(self) -> str:
        return f"nats:{self.url}"
