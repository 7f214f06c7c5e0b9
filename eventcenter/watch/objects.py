"""Single objects of the cluster that settings refer to: keys of Secrets, ConfigMaps."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from eventcenter.errors import ClusterError, ConfigError
from eventcenter.watch.connection import Connection


class Objects:
    """Reads when asked, over a connection of its own: settings are read seldom."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect

    def secret(self, namespace: str, name: str, key: str) -> str:
        """The value of a key, as text. ConfigError when it cannot be had."""
        where = f"the Secret {namespace}/{name}"
        data = self._data("secrets", namespace, name, where)
        if key not in data:
            raise ConfigError(f"{where} has no key {key!r}; it has {', '.join(sorted(data)) or 'none'}")
        try:
            return base64.b64decode(data[key], validate=True).decode().strip()
        except (binascii.Error, UnicodeDecodeError, TypeError):
            raise ConfigError(f"the key {key!r} of {where} is not text") from None

    def config_map(self, namespace: str, name: str) -> Mapping[str, str]:
        """Its data. ConfigError when it cannot be had."""
        return self._data("configmaps", namespace, name, f"the ConfigMap {namespace}/{name}")

    def _data(self, resource: str, namespace: str, name: str, where: str) -> Mapping[str, Any]:
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/{resource}/{quote(name, safe='')}"
        try:
            connection = self._connect()
            try:
                answer = connection.request("GET", path)
            finally:
                connection.close()
        except ClusterError as error:
            raise ConfigError(f"{where} cannot be read: {error}") from None
        if answer.status in (401, 403):
            raise ConfigError(
                f"{where} may not be read: give the event center the right to get {resource} {name} in {namespace}"
            )
        if answer.status == 404:
            raise ConfigError(f"{where} does not exist")
        if answer.status != 200 or not isinstance(answer.json, dict):
            raise ConfigError(f"{where} cannot be read: the API server answered {answer.status}")
        data = answer.json.get("data") or {}
        return data if isinstance(data, dict) else {}
