"""Makes events on a real API server, and says afterwards which there are."""

from __future__ import annotations

import random
import time
from typing import Any

from eventcenter.errors import ClusterError
from eventcenter.watch.connection import Connection

COUNTED_UP = 0.25
"""The share of events that are counted up once to three times."""


class Creator:
    """Posts events of one namespace and counts some of them up, however often the server goes away."""

    def __init__(self, connection: Connection, namespace: str, seed: int) -> None:
        self._connection = connection
        self._namespace = namespace
        self._seed = seed
        self.path = f"/api/v1/namespaces/{namespace}/events"

    def make_namespace(self) -> None:
        self._insist("POST", "/api/v1/namespaces", {"metadata": {"name": self._namespace}}, (201, 409))

    def create(self, number: int) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        name = f"pod-{number % 500}.{number:016x}"
        body: dict[str, Any] = {
            "metadata": {"name": name, "namespace": self._namespace},
            "involvedObject": {"kind": "Pod", "namespace": self._namespace, "name": f"pod-{number % 500}"},
            "reason": random.Random(number).choice(("BackOff", "Pulled", "Unhealthy", "Killing")),
            "message": f"event {number} of the trial",
            "source": {"component": "kubelet", "host": f"node-{number % 7}"},
            "firstTimestamp": now, "lastTimestamp": now, "count": 1, "type": "Warning",
        }  # fmt: skip
        self._insist("POST", self.path, body, (201, 409))
        chance = random.Random(self._seed * 1_000_003 + number)
        if chance.random() < COUNTED_UP:
            for count in range(2, chance.randint(3, 5)):
                now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                self._insist("PATCH", f"{self.path}/{name}", {"count": count, "lastTimestamp": now}, (200,))

    def _insist(self, method: str, path: str, body: dict[str, Any], accepted: tuple[int, ...]) -> None:
        deadline = time.monotonic() + 180
        while True:
            try:
                status = self._connection.request(method, path, body=body).status
            except ClusterError:
                status = 0
            if status in accepted:
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path}: {status} for three minutes")
            time.sleep(0.3)  # the server is being restarted, or asks for patience

    def truth(self) -> dict[str, int]:
        """uid → count, as the cluster itself lists them."""
        found: dict[str, int] = {}
        token = ""
        while True:
            answer = self._connection.request("GET", self.path, {"limit": 1000, "continue": token})
            for item in answer.json["items"]:
                found[item["metadata"]["uid"]] = item.get("count") or 1
            token = answer.json["metadata"].get("continue", "")
            if not token:
                return found
