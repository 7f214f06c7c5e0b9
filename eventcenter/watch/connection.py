"""The way to the API server, and the only module that imports `kubernetes` (lazily: 20 MB and 0.5 s).

The library reads kubeconfig and service account, TLS, tokens, credential plugins and proxies, and makes the
connection pool. Requests go to the pool directly: the library's own watch decodes every event into model
objects, which is too slow for a storm. A `Connection` holds the credentials of the moment; who meets 401, a
TLS failure or a dead server asks `connect` for a new one, which reads all files again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3
import yaml
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

import eventcenter
from eventcenter.errors import ClusterError, ClusterNotConfigured
from eventcenter.watch import kubeconfig
from eventcenter.watch.failures import unreachable
from eventcenter.watch.kubeconfig import Kubeconfig
from eventcenter.watch.source import Source, parse_source

CONNECT_TIMEOUT = 10.0
ANSWER_TIMEOUT = 30.0
"""For the answer to begin; how long its body may take is the caller's business."""
MAX_ANSWER = 64 * 2**20

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """How to find the cluster: the flags of `run`. Empty: kubectl's kubeconfig, else the Pod's account."""

    kubeconfig: str | None = None
    context: str | None = None
    source: str | None = None


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    json: Any
    """The decoded body; None when it is no JSON."""


class TooLarge(ClusterError):
    """An answer that would not fit into memory."""


class Connection:
    """A pool of connections to one API server. May be used from several threads."""

    def __init__(
        self, pool: urllib3.PoolManager, host: str, authorization: Callable[[], str], origin: str
    ) -> None:
        self.host = host
        self.origin = origin
        """Where the credentials came from, for people."""
        self._pool = pool
        self._authorization = authorization
        self._lock = threading.Lock()
        self._unread: weakref.WeakSet[BaseHTTPResponse] = weakref.WeakSet()
        self._interrupted = False

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        timeout: float = ANSWER_TIMEOUT,
        content_type: str = "",
    ) -> Answer:
        """Ask and read the whole answer. Any status is an answer; ClusterError when there is none."""
        response = self.open(method, path, query, body, timeout=timeout, content_type=content_type)
        try:
            return Answer(response.status, response.headers, decode(read_all(response, self.host)))
        finally:
            response.close()

    def open(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        timeout: float = ANSWER_TIMEOUT,
        content_type: str = "",
    ) -> BaseHTTPResponse:
        """Ask and return the answer with its body unread; the caller closes it. Without `content_type` a PATCH is a
        merge patch."""
        headers = {"Accept": "application/json", "User-Agent": f"eventcenter/{eventcenter.__version__}"}
        if authorization := self._authorization():
            headers["Authorization"] = authorization
        if body is not None:
            # The server refuses plain JSON for a PATCH.
            usual = f"application/{'merge-patch+' if method == 'PATCH' else ''}json"
            headers["Content-Type"] = content_type or usual
        url = f"{self.host}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            response = self._pool.request(
                method,
                url,
                headers=headers,
                body=None if body is None else json.dumps(body).encode(),
                timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT, timeout), read=timeout),
                retries=False,
                preload_content=False,
                decode_content=False,
            )
        except (HTTPError, OSError) as error:
            raise unreachable(error, self.host) from error
        with self._lock:
            self._unread.add(response)
            interrupted = self._interrupted
        if interrupted:
            response.close()
            raise ClusterError(f"the connection to {self.host} was given up")
        return response

    def interrupt(self) -> None:
        """End every read that a thread is blocked in, now and from now on. May be called from any thread."""
        with self._lock:
            self._interrupted = True
            unread = list(self._unread)
        for response in unread:
            interrupt(response)

    def close(self) -> None:
        """Close what is idle; `clear` alone would leave that to the garbage collector."""
        for key in self._pool.pools.keys():  # noqa: SIM118 (it refuses to be iterated)
            pool = self._pool.pools.get(key)
            if pool is not None:
                pool.close()
        self._pool.clear()


def interrupt(response: BaseHTTPResponse) -> None:
    """End a read of `response` that another thread is blocked in."""
    sock = getattr(response.connection, "sock", None)
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # it may have ended by itself meanwhile
        if isinstance(sock, socket.socket):
            # Past SSLSocket.shutdown, which would take the TLS state away under the reading thread.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        else:
            response.shutdown()


def read_all(response: BaseHTTPResponse, host: str, limit: int = MAX_ANSWER) -> bytes:
    """The body, which must be complete. TooLarge beyond `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    try:
        while part := response.read(2**18):
            size += len(part)
            if size > limit:
                raise TooLarge(f"an answer of {host} is larger than {limit} bytes")
            parts.append(part)
    except (HTTPError, OSError) as error:
        raise unreachable(error, host) from error
    return b"".join(parts)


def decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def connect(access: Access) -> Connection:
    """Read the configuration afresh. ClusterNotConfigured: there is none; ClusterError: it is broken."""
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException

    configuration = Configuration()
    try:
        if access.source is not None:
            origin = _from_source(configuration, parse_source(access.source), access)
        elif found := kubeconfig.find(access.kubeconfig, access.context):
            origin = _from_kubeconfig(configuration, found)
        else:
            origin = _from_service_account(configuration)
        return _build(configuration, origin)
    except (ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError) as error:
        # The library lets any error of a wrongly shaped kubeconfig through.
        raise ClusterError(f"the cluster's configuration cannot be used: {_oneline(error)}") from error


def _from_kubeconfig(configuration: Any, found: Kubeconfig) -> str:
    from kubernetes.config import load_kube_config

    load_kube_config(  # type: ignore[no-untyped-call]
        config_file=found.files,
        context=found.context,
        client_configuration=configuration,
        # As with kubectl a refreshed OIDC token is written back, or the user's next one would be refused.
        persist_config=all(os.access(part, os.W_OK) for part in found.files.split(os.pathsep) if part),
    )
    if found.plugin and not configuration.api_key and not configuration.cert_file:
        raise ClusterError(
            f"kubeconfig {found.files}: the credential plugin {found.plugin!r} gave no credentials",
            hint="Run it by hand; the log line above has what it said.",
        )
    return f"kubeconfig {found.files}, context {found.context}"


def _from_service_account(configuration: Any) -> str:
    from kubernetes.config import ConfigException, load_incluster_config

    try:
        load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except ConfigException as error:
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            raise ClusterError(
                f"in a Pod, but its service account cannot be used: {_oneline(error)}",
                hint="Set automountServiceAccountToken: true, or give --kubeconfig.",
            ) from error
        raise ClusterNotConfigured(
            "no cluster is configured: there is neither a kubeconfig nor a service account",
            hint="Give --kubeconfig FILE, set KUBECONFIG, or run in a Pod.",
        ) from error
    return "service account"


def _from_source(configuration: Any, source: Source, access: Access) -> str:
    origin = "--source"
    if source.in_cluster:
        origin = _from_service_account(configuration)
    elif source.auth:
        found = kubeconfig.find(source.auth, access.context)
        origin = _from_kubeconfig(configuration, found) if found else origin
    elif source.service_account:
        origin = _from_service_account(configuration)
    elif not source.host:
        raise ClusterError("--source names no server", hint="Add it: kubernetes:https://HOST:PORT?…")
    if source.host:
        # A refresh of the token would set the service account's host again.
        _pin_host(configuration, source.host)
    configuration.verify_ssl = configuration.verify_ssl and not source.insecure
    return origin


def _pin_host(configuration: Any, host: str) -> None:
    configuration.host = host
    refresh = configuration.refresh_api_key_hook
    if refresh is None:
        return

    def refresh_and_pin(target: Any) -> None:
        refresh(target)
        target.host = host

    configuration.refresh_api_key_hook = refresh_and_pin


def _build(configuration: Any, origin: str) -> Connection:
    from kubernetes.client.rest import RESTClientObject
    from kubernetes.config import ConfigException

    configuration.socket_options = _keepalive()
    if not configuration.verify_ssl:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        logger.warning("certificate of %s is not verified, as configured", configuration.host)
    pool: urllib3.PoolManager = RESTClientObject(configuration).pool_manager

    def authorization() -> str:
        try:
            setting = configuration.auth_settings().get("BearerToken")
        except (ConfigException, HTTPError, OSError, ValueError, TypeError, KeyError) as error:
            raise ClusterError(f"the credentials cannot be renewed: {_oneline(error)}") from error
        return str(setting["value"]) if setting and setting["value"] else ""

    return Connection(pool, str(configuration.host).rstrip("/"), authorization, origin)


def _keepalive() -> list[tuple[int, int, int]]:
    """Socket options that find a dead peer within about a minute, where the system knows them."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    wanted = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}
    for name, value in wanted.items():
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options


def _oneline(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
