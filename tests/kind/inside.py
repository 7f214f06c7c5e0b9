"""The center that runs inside the kind cluster, as a browser on this machine and as kubectl see it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pytest_kind import KindCluster

from eventcenter.model import ChangeType
from eventcenter.normalize import normalize

T = TypeVar("T")
NAMESPACE = "eventcenter"


def eventually(what: str, look: Callable[[], T], seconds: float = 60) -> T:
    """The first true answer of `look`; AssertionError with the last one when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        assert time.monotonic() < deadline, (
            f"not within {seconds:g} s: {what}; the last answer was {answer!r}"
        )
        time.sleep(0.2)


@dataclass(frozen=True)
class Center:
    cluster: KindCluster
    url: str

    def page(self, path: str, **parameters: str) -> str:
        address = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(address, timeout=10) as response:
            text: str = response.read().decode()
            return text

    def ready(self) -> bool:
        try:
            return "ok" in self.page("/healthz") and bool(self.page("/readyz"))
        except OSError:  # nothing listens yet, or 503
            return False

    def events(self, **filters: str) -> list[dict[str, Any]]:
        """Every event that matches, page by page."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = json.loads(self.page("/api/v1/events", **filters, limit="1000", **cursor))
            found += answer["events"]
            if not answer["next"]:
                return found
            cursor = {"cursor": answer["next"]}

    def counts(self) -> dict[str, int]:
        return {event["uid"]: event["count"] for event in self.events()}

    def counts_of_the_cluster(self) -> dict[str, int]:
        listed = json.loads(self.cluster.kubectl("get", "events", "--all-namespaces", "-o", "json"))
        return {_uid(item): _count(item) for item in listed["items"]}


def _uid(item: dict[str, Any]) -> str:
    """By which the center knows the event: that of an OOM kill follows from the container."""
    return normalize(ChangeType.ADDED, item, received=0).event.uid


def _count(item: dict[str, Any]) -> int:
    series = item.get("series") or {}
    return int(series.get("count") or item.get("count") or 1)


def pod(name: str, image: str, command: str | None = None, memory: str | None = None) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "main", "image": image, "imagePullPolicy": "IfNotPresent"}
    if command:
        container["command"] = ["sh", "-c", command]
    if memory:
        container["resources"] = {"limits": {"memory": memory}}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
