"""Sends a request for each event to any address, or an array of several."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, Item
from sinks.http import Http
from sinks.kinds.webhook.body import DEFAULT, Body
from sinks.settings import SinkSettings

READ_AGAIN_S = 60.0
"""How long a ConfigMap's template is used before it is looked at again."""
MAX_BODY_FILE = 100_000


class Webhook:
    def __init__(self, settings: SinkSettings) -> None:
        headers = dict(settings["header"])
        self._settings = dataclasses.replace(settings, secrets=settings.secrets | _secrets(headers, settings))
        self._http = Http(self._settings)
        self._headers = _authorized(headers, settings)
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
        named = {name.lower() for name in self._headers}
        return {name: value for name, value in own.items() if name.lower() not in named} | self._headers

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


def _authorized(headers: dict[str, str], settings: SinkSettings) -> dict[str, str]:
    if settings["bearer_token"] and settings["basic_auth"]:
        raise ConfigError("bearer_token and basic_auth are both given, and one can be used")
    if settings["bearer_token"]:
        return {"Authorization": f"Bearer {settings['bearer_token']}"} | headers
    if settings["basic_auth"]:
        given = base64.b64encode(settings["basic_auth"].encode()).decode()
        return {"Authorization": f"Basic {given}"} | headers
    return headers


def _secrets(headers: dict[str, str], settings: SinkSettings) -> set[str]:
    """What a server may repeat: values of headers, also without their scheme."""
    whole = [value for name, value in headers.items() if name.lower() not in ("content-type", "accept")]
    words = [word for value in whole for word in value.split() if len(word) >= 6]
    password = (settings["basic_auth"] or "").partition(":")[2]
    encoded = base64.b64encode((settings["basic_auth"] or "").encode()).decode()
    return {secret for secret in (*whole, *words, password, encoded) if secret}


def _key(items: Sequence[Item]) -> str:
    """Of a header: what is not ASCII is written as in URLs."""
    keys = [quote(item.key, errors="replace") for item in (items[0], items[-1])]
    return keys[0] if len(items) == 1 else "..".join(keys)
