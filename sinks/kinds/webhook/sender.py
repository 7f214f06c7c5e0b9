"""Sends a request for each event to any address, or an array of several."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence
from pathlib import Path

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, Item
from sinks.headers import given_headers, header_text, hiding, merged
from sinks.http import Http
from sinks.kinds.webhook.body import DEFAULT, Body
from sinks.settings import SinkSettings

READ_AGAIN_S = 60.0
"""How long a ConfigMap's template is used before it is looked at again."""
MAX_BODY_FILE = 100_000


class Webhook:
    def __init__(self, settings: SinkSettings) -> None:
        self._settings = hiding(settings)
        self._http = Http(self._settings)
        self._headers = given_headers(settings)
        self._labels = dict(settings.surroundings.labels)
        self._read_until = 0.0
        self._body = None if settings["custom_body_configmap"] else self._checked(_given_body(settings))

    def send(self, items: Sequence[Item]) -> None:
        body = self._current_body()
        texts = [body.text(item) for item in items]
        content = (f"[{','.join(texts)}]" if self._settings.batch > 1 else texts[0]).encode(
            "utf-8", "replace"
        )
        self._http.request(
            self._settings["method"],
            self._settings.url,
            content=content,
            headers=self._headers_of(items, content, body),
        )

    def _headers_of(self, items: Sequence[Item], content: bytes, body: Body) -> dict[str, str]:
        kind = "application/json" if body.is_json else "text/plain; charset=utf-8"
        own = {"Content-Type": kind, "Idempotency-Key": _key(items)}
        if secret := self._settings["hmac_secret"]:
            own["X-Eventcenter-Signature"] = signature(secret, content, round(time.time()))
        return merged(own, self._headers)

    def _current_body(self) -> Body:
        """The template, read again now and then where it is a ConfigMap's."""
        if self._body is None or (
            self._settings["custom_body_configmap"] and time.monotonic() >= self._read_until
        ):
            try:
                self._body = self._checked(self._from_config_map())
            except ConfigError as error:
                raise Broken(str(error), hint=error.hint) from None
            self._read_until = time.monotonic() + READ_AGAIN_S
        return self._body

    def _from_config_map(self) -> str:
        namespace = self._settings["custom_body_configmap_namespace"]
        name = self._settings["custom_body_configmap"]
        read = self._settings.surroundings.config_map
        if read is None:
            raise ConfigError("custom_body_configmap: ConfigMaps can be read only where a cluster is watched")
        data = read(namespace, name)
        if not data.get("content"):
            raise ConfigError(f"the ConfigMap {namespace}/{name} has no `content`, which is the body")
        return data["content"]

    def _checked(self, source: str) -> Body:
        body = Body(source, self._labels)
        if self._settings.batch > 1 and not body.is_json:
            raise ConfigError("batch needs a body that is JSON, as several make an array")
        return body

    def close(self) -> None:
        self._http.close()


def signature(secret: str, content: bytes, now: int) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`, so that a request of yesterday can be told."""
    digest = hmac.new(secret.encode(), f"{now}.".encode() + content, hashlib.sha256).hexdigest()
    return f"t={now},v1={digest}"


def _given_body(settings: SinkSettings) -> str:
    if settings["body"] and settings["body_file"]:
        raise ConfigError("body and body_file are both given, and one is the body")
    if not settings["body_file"]:
        return str(settings["body"] or DEFAULT)
    path = settings["body_file"]
    try:
        with Path(path).open(encoding="utf-8") as file:
            source = file.read(MAX_BODY_FILE + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"body_file: {path} cannot be read: {error}") from None
    if len(source) > MAX_BODY_FILE:
        raise ConfigError(f"body_file: {path} is larger than {MAX_BODY_FILE} characters")
    return source


def _key(items: Sequence[Item]) -> str:
    """The same at every try."""
    first, last = header_text(items[0].key), header_text(items[-1].key)
    return first if len(items) == 1 else f"{first}..{last}"
