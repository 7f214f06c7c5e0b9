"""`syslog`: a message of RFC 5424 for every change, over UDP, TCP (RFC 6587) or TLS (RFC 5425).

Syslog has no acknowledgement. What can be known is used: over TCP each batch is a connection that we end, and that the
receiver ends only after it has read everything; over TLS that its kernel has acknowledged every byte."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from eventcenter.errors import ConfigError
from eventcenter.shapes import rfc3339
from sinks.delivery import Broken, DeliveryError, Item, PartlyTaken, Refused, TryAgain
from sinks.kind import Kind, Option, number, one_of
from sinks.kinds.stdout import one_line
from sinks.messages import cut_bytes
from sinks.payload import format_option, payload
from sinks.settings import SinkSettings
from sinks.tls import TLS_OPTIONS, tls_context
from sinks.unacked import unacknowledged

PORTS = {"udp": 514, "tcp": 601, "tls": 6514}
FACILITIES = {
    "kern": 0, "user": 1, "daemon": 3, "syslog": 5, "local0": 16, "local1": 17, "local2": 18, "local3": 19,
    "local4": 20, "local5": 21, "local6": 22, "local7": 23,
}  # fmt: skip
WARNING, INFO = 4, 6
LOOK_S = 0.01


class Syslog:
    def __init__(self, settings: SinkSettings) -> None:
        parts = urlsplit(settings.url)
        try:
            self._host, port = parts.hostname or "", parts.port
        except ValueError:
            self._host, port = "", None
        if parts.scheme not in PORTS or not self._host:
            raise ConfigError("syslog: the address is udp://HOST:514, tcp://HOST:601 or tls://HOST:6514")
        self._settings = settings
        self._scheme = parts.scheme
        self._port = port or PORTS[parts.scheme]
        self._tls = tls_context(settings) if parts.scheme == "tls" else None
        self._socket: socket.socket | None = None

    def send(self, items: Sequence[Item]) -> None:
        until = time.monotonic() + self._settings.timeout_s
        messages = [message(item, self._settings) for item in items]
        try:
            if self._scheme == "udp":
                self._datagrams(messages)
            else:
                self._stream(b"".join(self._framed(one) for one in messages), until)
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise Broken(f"the certificate of {self._host} is not accepted: {error.verify_message}") from None
        except OSError as error:
            self.close()
            told = error.strerror or str(error) or type(error).__name__
            raise TryAgain(f"{self._host}:{self._port} does not take them: {told}") from None

    def _datagrams(self, messages: Sequence[bytes]) -> None:
        import errno

        if self._socket is None:
            family, kind, protocol, _, address = socket.getaddrinfo(
                self._host, self._port, type=socket.SOCK_DGRAM
            )[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.settimeout(self._settings.timeout_s)
            self._socket.connect(address)
        refused: dict[int, str] = {}
        for index, one in enumerate(messages):
            try:
                self._socket.send(one)
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    refused[index] = f"{len(one)} bytes do not fit into a datagram; lower max_bytes"
                    continue
                # that nobody listens is told of a datagram before this one, so that it goes again, too
                self.close()
                told = error.strerror or str(error)
                raise self._from(max(index - 1, 0), len(messages), refused, told) from None
        if refused:
            raise Refused(refused[0]) if len(messages) == 1 else PartlyTaken(refused)

    def _from(self, index: int, count: int, refused: dict[int, str], told: str) -> DeliveryError:
        again = [number for number in range(index, count) if number not in refused]
        if index == 0 and not refused:
            return TryAgain(f"{self._host}:{self._port} does not take them: {told}")
        return PartlyTaken(refused, again)

    def _framed(self, one: bytes) -> bytes:
        if self._settings["framing"] == "octets":
            return b"%d %s" % (len(one), one)
        return one.replace(b"\n", b" ") + b"\n"

    def _stream(self, data: bytes, until: float) -> None:
        if self._socket is not None and self._ended():
            self.close()
        if self._socket is None:
            self._socket = self._connected()
        self._socket.settimeout(max(0.001, until - time.monotonic()))
        self._socket.sendall(data)
        if self._tls is None and self._settings["confirm"] == "end":
            self._end(self._socket, until)
            self.close()
        else:
            self._acknowledged(self._socket, until)

    def _connected(self) -> socket.socket:
        limit = min(10.0, self._settings.timeout_s)
        plain = socket.create_connection((self._host, self._port), limit)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if self._tls is None:
            return plain
        try:
            return self._tls.wrap_socket(plain, server_hostname=self._host)
        except BaseException:
            plain.close()
            raise

    def _ended(self) -> bool:
        """Whether the other side has ended or broken the connection meanwhile."""
        assert self._socket is not None
        self._socket.settimeout(0)
        try:
            return self._socket.recv(4096) == b""
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True

    def _end(self, stream: socket.socket, until: float) -> None:
        """Say that this was all, and wait until the other side, having read it, ends too."""
        stream.shutdown(socket.SHUT_WR)
        while True:
            stream.settimeout(max(0.001, until - time.monotonic()))
            try:
                if stream.recv(4096) == b"":
                    return
            except TimeoutError:
                raise TryAgain(
                    f"{self._host}:{self._port} does not end the connection after a batch",
                    hint="With confirm=tcp it need not; then less is known of what it has read.",
                ) from None

    def _acknowledged(self, stream: socket.socket, until: float) -> None:
        while unacknowledged(stream):
            if time.monotonic() > until:
                raise TimeoutError("it does not read")
            time.sleep(LOOK_S)
        if self._ended():
            raise ConnectionResetError("the connection was ended")

    def close(self) -> None:
        ending, self._socket = self._socket, None
        if ending is not None:
            with contextlib.suppress(OSError):
                ending.close()


def message(item: Item, settings: SinkSettings) -> bytes:
    event = item.event
    priority = FACILITIES[settings["facility"]] * 8 + (WARNING if event.level == "Warning" else INFO)
    head = " ".join(
        (
            f"<{priority}>1",
            rfc3339(event.last_time),
            _printable(event.hostname or event.instance, 255),
            _printable(event.component or "eventcenter", 48),
            "-",
            _printable(event.reason, 32),
            _structured(item, settings),
        )
    )
    if settings["content"] == "message":
        said = f"{event.kind} {event.namespace + '/' if event.namespace else ''}{event.name}: {event.message}"
        body = one_line(said)
    else:
        body = payload(item, settings).decode()
    return cut_bytes(f"{head} {body}", settings["max_bytes"]).encode("utf-8", "replace")


def _structured(item: Item, settings: SinkSettings) -> str:
    event = item.event
    values = {
        "instance": event.instance,
        "namespace": event.namespace,
        "kind": event.kind,
        "name": event.name,
        "level": event.level,
        "count": str(event.count),
        "uid": event.uid,
        "seq": str(event.seq),
    }
    inside = " ".join(f'{name}="{_value(value)}"' for name, value in values.items() if value)
    return f"[{settings['sdid']} {inside}]"


def _value(text: str) -> str:
    return re.sub(r'(["\\\]])', r"\\\1", one_line(text[:300]))


def _printable(text: str, most: int) -> str:
    return re.sub(r"[^!-~]", "_", text)[:most] or "-"


def sdid(given: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,20}(@[0-9.]{1,11})?", given):
        raise ValueError("is not a name of RFC 5424 like kubernetes@32473")
    return given


KIND = Kind(
    name="syslog",
    summary="Syslog (RFC 5424) over UDP, TCP or TLS, with structured data.",
    example="syslog:tls://syslog.example.com:6514?facility=local0&cacert=/etc/ssl/syslog-ca.pem",
    options=(
        Option("facility", "of the messages", one_of(*FACILITIES), "local0"),
        Option(
            "framing",
            "over TCP and TLS: octets: with the length before each; newline: a line each",
            one_of("octets", "newline"),
            "octets",
        ),
        Option(
            "confirm",
            "over TCP: end: a connection for each batch, taken once the receiver has ended it, too; tcp: one "
            "connection, taken once the receiver's system has acknowledged",
            one_of("end", "tcp"),
            "end",
        ),
        Option(
            "content",
            "message: what happened to what; json: the event, as `format` says",
            one_of("message", "json"),
            "message",
        ),
        format_option(),
        Option("max_bytes", "of a message; what is longer is cut", number(480, 1_000_000), 8192),
        Option("sdid", "the name of the structured data", sdid, "kubernetes@32473"),
        *TLS_OPTIONS,
    ),
    open=Syslog,
    batch=200,
)
