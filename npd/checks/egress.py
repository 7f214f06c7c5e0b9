"""Whether the node gets out: names resolve, TCP connects, HTTP answers, for the targets that are configured. Each
target is a check of its own, so that a second one that fails is told as well."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, not_applicable

_T = TypeVar("_T")
_CLUSTER_NAME = "kubernetes.default"


@dataclass(frozen=True, slots=True)
class DnsOptions:
    names: tuple[str, ...] = ()
    """Names to resolve with the resolver of this process, as in registry.example. None: in a Pod
    kubernetes.default, from when it has resolved once; outside nothing."""


@dataclass(frozen=True, slots=True)
class TcpOptions:
    targets: tuple[str, ...] = ()
    """HOST:PORT, as in registry.example:443 or [2001:db8::1]:443. None: in a Pod the API server's service; outside
    nothing."""
    connect_within_ms: int = 3000


@dataclass(frozen=True, slots=True)
class HttpOptions:
    urls: tuple[str, ...] = ()
    """http:// or https:// addresses; any answer below 500 is one. Redirects are not followed."""
    answer_within_ms: int = 5000


def resolve(name: str) -> Finding:
    try:
        socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError as error:  # of which socket.gaierror is one
        return bad(f"{name} cannot be resolved: {error.strerror or error}")
    return OK


def connect(host: str, port: int, timeout: float) -> Finding:
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError as error:
        return bad(f"no TCP connection to {host}:{port}: {_why(error, timeout)}")
    return OK


def get(url: str, timeout: float) -> Finding:
    """Secrets in the address (user, query) are left out of messages."""
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        status = connection.getresponse().status
    except http.client.HTTPException as error:
        return bad(f"GET {shown}: no HTTP answer ({type(error).__name__})")
    except OSError as error:
        return bad(f"GET {shown}: {_why(error, timeout)}")
    finally:
        connection.close()
    return OK if status < 500 else bad(f"GET {shown}: status {status}")


def _why(error: OSError, timeout: float) -> str:
    return (
        f"no answer within {timeout:g}s" if isinstance(error, TimeoutError) else error.strerror or str(error)
    )


def host_and_port(target: str) -> tuple[str, int]:
    """ValueError."""
    parts = urlsplit(f"//{target}")
    if not parts.hostname or not parts.port or parts.path:
        raise ValueError(f"{target!r} is not HOST:PORT with a port from 1 to 65535")
    return parts.hostname, parts.port


def _once_seen(look: Look) -> Look:
    """Not applicable until it was well once: whether a Pod on the host's network resolves the cluster's names is a
    setting of the Pod."""
    seen = False

    def looking() -> Finding:
        nonlocal seen
        finding = look()
        seen = seen or finding is OK
        return finding if seen else not_applicable(f"has not resolved yet: {finding.message}")

    return looking


def _service() -> str:
    """HOST:PORT of the API server as a Pod is told it; '' outside."""
    host, port = (
        os.environ.get("KUBERNETES_SERVICE_HOST", ""),
        os.environ.get("KUBERNETES_SERVICE_PORT", "443"),
    )
    return f"[{host}]:{port}" if ":" in host else host and f"{host}:{port}"


def _dns(node: Node, options: DnsOptions) -> dict[str, Look]:
    if not options.names and _service():
        return {_CLUSTER_NAME: _once_seen(partial(resolve, _CLUSTER_NAME))}
    return {name: partial(resolve, name) for name in options.names}


def _tcp(node: Node, options: TcpOptions) -> dict[str, Look]:
    seconds = options.connect_within_ms / 1000
    targets = options.targets or tuple(filter(None, [_service()]))
    return {
        target: partial(connect, *_named("targets", host_and_port, target), seconds) for target in targets
    }


def _http(node: Node, options: HttpOptions) -> dict[str, Look]:
    for url in options.urls:
        _named("urls", _web_address, url)
    seconds = options.answer_within_ms / 1000
    return {
        urlsplit(url).netloc.rpartition("@")[2] + urlsplit(url).path: partial(get, url, seconds)
        for url in options.urls
    }


def _web_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError(f"{parts.scheme or url!r} address: must begin with http://HOST or https://HOST")


def _named(option: str, read: Callable[[str], _T], value: str) -> _T:
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None


_PACE = Pace(period=30, timeout=15, bad=3, of=5, good=2, hold=60)
DNS = Kind(
    "egress-dns",
    "names resolve",
    DnsOptions,
    Words("DNSUnreachable", "", "DNSReachable", "the name resolves again"),
    _PACE,
    _dns,
    needs="the host's network, to see what the node sees",
)
TCP = Kind(
    "egress-tcp",
    "targets accept a TCP connection",
    TcpOptions,
    Words("EgressUnreachable", "", "EgressReachable", "the target is reachable again"),
    _PACE,
    _tcp,
    needs="the host's network, to see what the node sees",
)
HTTP = Kind(
    "egress-http",
    "addresses give an HTTP answer below 500",
    HttpOptions,
    Words("EgressUnreachable", "", "EgressReachable", "the target is reachable again"),
    _PACE,
    _http,
    needs="the host's network, to see what the node sees",
)
