"""Mosquitto, which keeps what it has acknowledged for a subscriber that is away."""

from __future__ import annotations

import getpass

from tests.sinks.servers.process import Server, binary


class Mosquitto(Server):
    config = "allow_anonymous true"

    def prepare(self) -> None:
        self._server = binary("mosquitto", "/usr/sbin/mosquitto")

    def command(self) -> list[str]:
        path = self.directory / "mosquitto.conf"
        path.write_text(
            f"listener {self.port} 127.0.0.1\nuser {getpass.getuser()}\npersistence true\n"
            f"persistence_location {self.directory}/\nautosave_on_changes true\nautosave_interval 1\n"
            f"max_queued_messages 0\n{self.config}\n"
        )
        return [self._server, "-c", str(path)]

    def answers(self) -> bool:
        return self.connects()

    @property
    def uri(self) -> str:
        return f"mqtt:mqtt://127.0.0.1:{self.port}"
