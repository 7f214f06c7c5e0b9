"""Redis with an append-only file: what it has answered survives `kill -9`."""

from __future__ import annotations

from tests.sinks.servers.process import Server, binary


class RedisServer(Server):
    more: tuple[str, ...] = ()

    def prepare(self) -> None:
        self._server = binary("redis-server", "valkey-server")

    def command(self) -> list[str]:
        return [
            self._server, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory),
            "--appendonly", "yes", "--save", "", *self.more,
        ]  # fmt: skip

    def answers(self) -> bool:
        import redis

        with redis.Redis(port=self.port, socket_timeout=5) as client:
            try:
                return bool(client.ping())
            except redis.AuthenticationError:
                return True
            except redis.RedisError:
                return False

    @property
    def uri(self) -> str:
        return f"redis:redis://127.0.0.1:{self.port}/0"
