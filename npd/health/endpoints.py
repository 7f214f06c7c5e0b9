"""The addresses where kubelet and kube-proxy say that they are well, and how they are asked."""

from __future__ import annotations

import http.client
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    host: str
    port: int
    paths: tuple[str, ...]
    """The first one that is known there counts: what answers with 404 does not know it."""


@dataclass(frozen=True, slots=True)
class Answer:
    healthy: bool
    reached: bool
    """Somebody listens there."""
    detail: str


def kubelet(environment: Mapping[str, str] = os.environ) -> Endpoint:
    """By HOST_ADDRESS and KUBELET_PORT. ValueError."""
    return Endpoint(_host(environment), _port(environment, "KUBELET_PORT", 10248), ("/healthz",))


def kube_proxy(environment: Mapping[str, str] = os.environ) -> Endpoint:
    """By HOST_ADDRESS and KUBEPROXY_PORT. Before 1.32 it had no /livez. ValueError."""
    return Endpoint(_host(environment), _port(environment, "KUBEPROXY_PORT", 10256), ("/livez", "/healthz"))


def ask(endpoint: Endpoint, timeout: float) -> Answer:
    """Healthy is status 200, as for a kubelet's own probes. `timeout` in seconds, for each address."""
    detail = ""
    for path in endpoint.paths:
        shown = f"http://{endpoint.host}:{endpoint.port}{path}"
        try:
            status = _status(endpoint, path, timeout)
        except TimeoutError:
            return Answer(False, True, f"{shown}: no answer within {timeout:g}s")
        except http.client.HTTPException as error:
            return Answer(False, True, f"{shown}: no HTTP answer ({type(error).__name__})")
        except OSError as error:
            refused = isinstance(error, ConnectionRefusedError)
            return Answer(False, not refused, f"{shown}: {(error.strerror or str(error)).lower()}")
        detail = f"{shown}: status {status}"
        if status != 404:
            return Answer(status == 200, True, detail)
    return Answer(False, True, detail)


def _status(endpoint: Endpoint, path: str, timeout: float) -> int:
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=timeout)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _host(environment: Mapping[str, str]) -> str:
    return environment.get("HOST_ADDRESS") or "localhost"


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ValueError(f"{name}: {text!r} is not a port from 1 to 65535")
    return int(text)
