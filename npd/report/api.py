"""A client of the API server on `http.client`: one connection, JSON, no cache. The official package takes more memory
than everything else in the agent together."""

from __future__ import annotations

import http.client
import json
import logging
import threading
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from npd.report.access import Access

log = logging.getLogger(__name__)

TIMEOUT = 10.0
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
_MOST = 64 * 2**20
"""Bytes of an answer."""
_LONGEST_WAIT = 300.0
_STALE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)
"""What a kept connection says that the server has closed meanwhile."""


class Unreachable(Exception):
    """No answer came; one line, without credentials."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    json: Any
    """None where the body is no JSON."""
    retry_after: float = 0.0
    """Seconds that the server asks to wait."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def message(self) -> str:
        """Why it was refused, in the server's words."""
        told = self.json.get("message") if isinstance(self.json, dict) else None
        return " ".join(str(told or "no explanation").split())[:300]


class Api(Protocol):
    """Inside of the center its own connection takes this place."""

    def request(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Answer:
        """Any status is an answer; Unreachable when there is none."""


class ApiClient:
    """One request at a time, from any thread."""

    def __init__(self, access: Access, timeout: float = TIMEOUT) -> None:
        self._access = access
        self._timeout = timeout
        self._parts = urlsplit(access.server)
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None

    def request(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        with self._lock:
            kept = self._connection is not None
            try:
                return self._ask(method, path, data, content_type)
            except _STALE as error:
                self._drop()
                if not kept:
                    raise self._unreachable(error) from error
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._drop()
                raise self._unreachable(error) from error
            try:
                return self._ask(method, path, data, content_type)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._drop()
                raise self._unreachable(error) from error

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _ask(self, method: str, path: str, data: bytes | None, content_type: str) -> Answer:
        headers = {"Accept": "application/json", "User-Agent": "eventcenter-npd"}
        if data is not None:
            headers["Content-Type"] = content_type
        if token := self._access.token():
            headers["Authorization"] = f"Bearer {token}"
        connection = self._connected()
        connection.request(method, f"{self._parts.path}{path}", body=data, headers=headers)
        response = connection.getresponse()
        content = response.read(_MOST + 1)
        if len(content) > _MOST:
            raise ValueError(f"the answer to {path} is larger than {_MOST} bytes")
        if response.status == 401:
            self._drop()  # the next connection reads the certificate anew
        return Answer(response.status, _json(content), _seconds(response.headers.get("Retry-After")))

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            context = self._access.tls()
            if context is None:
                self._connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
            else:
                self._connection = http.client.HTTPSConnection(
                    host, port, timeout=self._timeout, context=context
                )
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _unreachable(self, error: Exception) -> Unreachable:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return Unreachable(f"cannot reach {self._access.server}: {' '.join(str(said).split())[:200]}")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _seconds(value: str | None) -> float:
    return min(float(value), _LONGEST_WAIT) if value and value.strip().isdecimal() else 0.0
