"""An API server's events and nothing else, on loopback, at a chosen rate: what the benchmarks watch.

    python -m bench.source --port P --changes N [--rate R] [--after VERSION]    (rate 0: as fast as they are taken)

Its list is empty; the watch brings N changes and then stays silent. Each message ends with `sent=MS`, so that a reader
knows how long a change took. A client that comes back goes on after the resourceVersion it names. With `--after` the
resourceVersions begin behind that one, and the events are others: as a cluster goes on that a store knows already. It
does not say which cluster it is, so the center takes it for the one it knows.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from bench.synthetic import at, changes

TOGETHER = 64


class Source(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, total: int, rate: float, after: int = 1) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.total, self.rate, self.after = total, rate, after
        self.lines: list[bytes] = []
        """The n-th (from 0) has the resourceVersion `after` + n + 1."""
        self._made = changes(after)
        self.began = 0.0
        if not rate:
            while len(self.lines) < total:
                self.make()

    def make(self) -> None:
        """The next change, of now."""
        kind, item = next(self._made)
        now = time.time()
        item = at(kind, item, now, self.after + len(self.lines) + 1)
        item["message"] = f"{item['message'].split(' sent=')[0]} sent={int(now * 1000)}"
        line = json.dumps({"type": kind, "object": item}, separators=(",", ":"))
        self.lines.append(line.encode() + b"\n")

    def due(self) -> int:
        if not self.rate:
            return self.total
        return min(self.total, int((time.monotonic() - self.began) * self.rate))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Source

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        if address.path != "/api/v1/events":
            return self._answer(404, {"kind": "Status", "code": 404, "message": address.path})
        if query.get("watch") in ("1", "true"):
            with suppress(ConnectionError):  # the center has ended
                self._watch(query)
            return None
        source = self.server
        newest = {"resourceVersion": str(source.after + (len(source.lines) if source.began else 0))}
        self._answer(200, {"kind": "EventList", "apiVersion": "v1", "metadata": newest, "items": []})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _watch(self, query: dict[str, str]) -> None:
        source = self.server
        source.began = source.began or time.monotonic()
        sent = max(0, int(query.get("resourceVersion") or source.after) - source.after)
        ends = time.monotonic() + float(query.get("timeoutSeconds") or 300)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while time.monotonic() < ends:
            while len(source.lines) < source.due():
                source.make()
            data = b"".join(source.lines[sent : sent + TOGETHER])
            sent = min(sent + TOGETHER, len(source.lines))
            if data:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            else:
                time.sleep(0.002)
        self.wfile.write(b"0\r\n\r\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--after", type=int, default=1)
    options = parser.parse_args()
    source = Source(options.port, options.changes, options.rate, options.after)
    print("ready", flush=True)
    source.serve_forever()


if __name__ == "__main__":
    main()
