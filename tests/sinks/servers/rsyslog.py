"""rsyslog, which writes every message it gets over TCP or UDP as a JSON object into a file."""

from __future__ import annotations

import json
from typing import Any

from tests.sinks.servers.process import Server, binary


class Rsyslog(Server):
    def prepare(self) -> None:
        self._server = binary("rsyslogd", "/usr/sbin/rsyslogd")
        self.written = self.directory / "messages"
        (self.directory / "config").write_text(
            'module(load="imtcp")\nmodule(load="imudp")\nglobal(maxMessageSize="64k")\n'
            'template(name="all" type="list" option.jsonf="on") {\n'
            ' property(outname="pri" name="pri" format="jsonf")\n'
            ' property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")\n'
            ' property(outname="host" name="hostname" format="jsonf")\n'
            ' property(outname="app" name="app-name" format="jsonf")\n'
            ' property(outname="msgid" name="msgid" format="jsonf")\n'
            ' property(outname="data" name="structured-data" format="jsonf")\n'
            ' property(outname="msg" name="msg" format="jsonf") }\n'
            'ruleset(name="keep") { action(type="omfile" template="all" asyncWriting="off"'
            f' file="{self.written}") }}\n'
            f'input(type="imtcp" port="{self.port}" ruleset="keep")\n'
            f'input(type="imudp" port="{self.port}" ruleset="keep")\n'
        )

    def command(self) -> list[str]:
        (self.directory / "pid").unlink(missing_ok=True)
        return [self._server, "-n", "-f", str(self.directory / "config"), "-i", str(self.directory / "pid")]

    def answers(self) -> bool:
        return self.connects()

    def address(self, table: str) -> str:
        return f"syslog:tcp://127.0.0.1:{self.port}?content=json&max_bytes=60000"

    def rows(self, table: str) -> list[tuple[str, str]]:
        events = [json.loads(message["msg"]) for message in self.messages()]
        return [(event["uid"], event["message"]) for event in events]

    def messages(self) -> list[dict[str, Any]]:
        """Those that are written; it writes in blocks, so that the last line may be half."""
        lines = self.written.read_bytes().split(b"\n")[:-1] if self.written.exists() else []
        return [json.loads(line) for line in lines]
