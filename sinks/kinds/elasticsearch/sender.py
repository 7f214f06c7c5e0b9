"""Sends bulk requests to the first node that answers, and remembers which."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, DeliveryError, Item, Refused, TryAgain
from sinks.http import Http, json_of
from sinks.kinds.elasticsearch.answers import judge
from sinks.kinds.elasticsearch.document import action, document, index_of, line
from sinks.settings import SinkSettings

log = logging.getLogger(__name__)

T = TypeVar("T")

BODY_BYTES = 8_000_000
"""Of one request; Elasticsearch takes 100 MB, and services before it often 10."""
TYPELESS = 7


class Elasticsearch:
    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._nodes = [
            node.rstrip("/") for node in settings["nodes"] or ([settings.url] if settings.url else [])
        ]
        if not self._nodes:
            raise ConfigError(
                "elasticsearch: the address is missing: elasticsearch:http://HOST:9200 or ?nodes=…"
            )
        name, secret = settings["esUserName"], settings["esUserSecret"]
        self._http = Http(
            settings,
            verify=not settings["insecuressl"],
            auth=(name, secret) if name and secret else None,
        )
        self._headers = {"Content-Type": "application/x-ndjson"}
        if settings["apiKey"]:
            self._headers["Authorization"] = f"ApiKey {settings['apiKey']}"
        self._typed: bool | None = None
        self._aliased: set[str] = set()

    def send(self, items: Sequence[Item]) -> None:
        if self._typed is None:
            self._typed = self._version() < TYPELESS
        indexes = [index_of(item, self._settings) for item in items]
        body = b"".join(
            line(action(item, index, typed=self._typed)) + line(document(item, self._settings))
            for item, index in zip(items, indexes, strict=True)
        )
        if len(body) > BODY_BYTES and len(items) > 1:
            raise Refused("more than 8 MB at once")  # the halves are sent one after the other
        params = {"pipeline": self._settings["pipeline"]} if self._settings["pipeline"] else {}
        answer = self._asked(
            lambda node: self._http.post(f"{node}/_bulk", content=body, params=params, headers=self._headers)
        )
        self._alias(set(indexes))
        judge(json_of(answer), len(items), self._settings)

    def _asked(self, ask: Callable[[str], T]) -> T:
        """By the first node that answers; the others are tried while there is time."""
        until = time.monotonic() + self._settings.timeout_s
        for tried in range(1, len(self._nodes) + 1):
            try:
                return ask(self._nodes[0])
            except TryAgain:
                self._nodes.append(self._nodes.pop(0))
                if tried == len(self._nodes) or time.monotonic() > until:
                    raise
        raise AssertionError("there is a node at least")

    def _version(self) -> int:
        """The major version of the cluster; what the settings say, where it does not tell."""
        try:
            answer = json_of(
                self._asked(lambda node: self._http.request("GET", f"{node}/", headers=self._headers))
            )
            version = answer["version"]
            if version.get("distribution") == "opensearch":
                return TYPELESS
            return int(str(version["number"]).partition(".")[0])
        except (Broken, Refused):
            return int(self._settings["ver"])  # whoever may write need not be allowed to ask
        except (KeyError, TypeError, ValueError, AttributeError):
            raise TryAgain("what answers is not Elasticsearch") from None

    def _alias(self, indexes: set[str]) -> None:
        """`INDEX-events` over all days, as kube-eventer has it. Events do not wait for it."""
        for index in sorted(indexes - self._aliased):
            try:
                self._asked(partial(self._put_alias, index))
            except TryAgain:
                continue
            except DeliveryError as error:
                log.info("no alias sink=%s index=%s error=%s", self._settings.name, index, error)
            self._aliased = {*sorted(self._aliased)[-100:], index}

    def _put_alias(self, index: str, node: str) -> None:
        alias = f"{self._settings['index']}-events"
        self._http.request("PUT", f"{node}/{index}/_alias/{alias}", headers=self._headers)

    def close(self) -> None:
        self._http.close()
