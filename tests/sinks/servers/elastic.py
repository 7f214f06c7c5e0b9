"""What Elasticsearch does with bulk requests, as its documentation says: a result for each document, `create` once for
an `_id`, mappings by the first value, and the faults that a cluster has. The real one is no package to be had here.

It answers over HTTP by `FaultyServer`, which has the faults of the network."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.sinks.servers.faulty import Answer, Request

Fault = Callable[[str, dict[str, Any]], tuple[int, str, str] | None]
"""(index, document) → (status, type, reason) of an item that is not taken; None when it is."""


class Elastic:
    def __init__(
        self, version: str = "8.15.0", *, distribution: str = "", most_bytes: int = 100_000_000
    ) -> None:
        self.version = version
        self.distribution = distribution
        self.most_bytes = most_bytes
        self.indexes: dict[str, dict[str, dict[str, Any]]] = {}
        """Documents by index and `_id`."""
        self.aliases: dict[str, set[str]] = {}
        self.mappings: dict[str, dict[str, type]] = {}
        self.fault: Fault = lambda index, document: None
        self.pipelines: list[str] = []
        self.may_ask = True

    def __call__(self, request: Request) -> Answer:
        if request.path == "/":
            return self._root()
        if found := re.fullmatch(r"/([^/]+)/_alias/([^/]+)", request.path):
            self.aliases.setdefault(found[2], set()).add(found[1])
            return Answer(200, {"acknowledged": True})
        if request.path == "/_bulk" and request.method == "POST":
            return self._bulk(request)
        return Answer(404, {"error": f"no handler for {request.path}"})

    def _root(self) -> Answer:
        if not self.may_ask:
            return Answer(403, {"error": {"type": "security_exception", "reason": "unauthorized"}})
        version = {"number": self.version} | (
            {"distribution": self.distribution} if self.distribution else {}
        )
        return Answer(200, {"version": version, "tagline": "You Know, for Search"})

    def _bulk(self, request: Request) -> Answer:
        if len(request.body) > self.most_bytes:
            return Answer(413, "Request Entity Too Large")
        if request.headers.get("content-type") != "application/x-ndjson" or not request.body.endswith(b"\n"):
            return Answer(400, {"error": {"type": "illegal_argument_exception", "reason": "no NDJSON"}})
        self.pipelines.append(request.query.get("pipeline", ""))
        lines = [json.loads(line) for line in request.body.splitlines()]
        if self._typeless and any("_type" in action["create"] for action in lines[::2]):
            return Answer(
                400, {"error": {"type": "illegal_argument_exception", "reason": "unknown parameter [_type]"}}
            )
        if not self._typeless and not all("_type" in action["create"] for action in lines[::2]):
            return Answer(
                400, {"error": {"type": "action_request_validation_exception", "reason": "type is missing"}}
            )
        items = [
            self._create(action["create"], document)
            for action, document in zip(lines[::2], lines[1::2], strict=True)
        ]
        return Answer(
            200, {"took": 1, "errors": any("error" in item["create"] for item in items), "items": items}
        )

    @property
    def _typeless(self) -> bool:
        """From 7 on, which still takes types, and says that they will go."""
        return bool(self.distribution) or int(self.version.partition(".")[0]) >= 7

    def _create(self, action: dict[str, str], document: dict[str, Any]) -> dict[str, Any]:
        index, key = action["_index"], action["_id"]
        told: dict[str, Any] = {"_index": index, "_id": key}
        failure = self.fault(index, document) or self._conflict(index, key) or self._unmapped(index, document)
        if failure:
            status, kind, reason = failure
            return {"create": told | {"status": status, "error": {"type": kind, "reason": reason}}}
        self.indexes.setdefault(index, {})[key] = document
        return {"create": told | {"status": 201, "result": "created"}}

    def _conflict(self, index: str, key: str) -> tuple[int, str, str] | None:
        if key in self.indexes.get(index, {}):
            return 409, "version_conflict_engine_exception", "document already exists"
        if len(key.encode()) > 512:
            return 400, "illegal_argument_exception", "id is too long"
        return None

    def _unmapped(self, index: str, document: dict[str, Any]) -> tuple[int, str, str] | None:
        """The first value of a field says what it holds."""
        mapping = self.mappings.setdefault(index, {})
        for name, value in document.items():
            if not isinstance(value, mapping.setdefault(name, type(value))):
                return 400, "mapper_parsing_exception", f"failed to parse field [{name}]"
        return None

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [document for index in self.indexes.values() for document in index.values()]
