"""A NATS server with JetStream on disk."""

from __future__ import annotations

import urllib.request

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

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @property
    def uri(self) -> str:
        return f"nats:{self.url}"
