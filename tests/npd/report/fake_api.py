"""An API server in memory with nodes, Pods and events, as far as the agent uses them, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from npd.report.api import Answer, Unreachable

NODE = "node-1"
NODE_UID = "6c1f0a52-node"


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeApi:
    conditions: dict[str, dict[str, Any]] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    pods: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By namespace/name."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    trouble: Callable[[str, str], Answer | None] = lambda method, path: None
    """An answer instead of the real one; may raise Unreachable."""
    lose_answers: int = 0
    """So many writes are done, but their answers get lost."""

    def request(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Answer:
        path = urlsplit(path).path
        self.asked.append((method, path))
        if body is not None:
            self.bodies.append(body)
        wrong = self.trouble(method, path)
        answer = wrong if wrong is not None else self._answer(method, path, body)
        if method != "GET" and self.lose_answers:
            self.lose_answers -= 1
            raise Unreachable("the answer was lost")
        return answer

    def writes(self) -> list[tuple[str, str]]:
        return [one for one in self.asked if one[0] != "GET"]

    def occurrences(self) -> int:
        return sum(event["count"] for event in self.events.values())

    def _answer(self, method: str, path: str, body: Any) -> Answer:
        if path.startswith("/api/v1/nodes/"):
            if method == "PATCH":
                self._patch_node(body)
            return Answer(200, self.node())
        if path == "/api/v1/pods":
            return Answer(200, {"items": self.pods})
        namespace, _, name = path.removeprefix("/api/v1/namespaces/").partition("/events")
        return self._event(method, f"{namespace}/{name.strip('/')}", body)

    def node(self) -> dict[str, Any]:
        metadata = {"name": NODE, "uid": NODE_UID, "annotations": dict(self.annotations)}
        return {"metadata": metadata, "status": {"conditions": list(self.conditions.values())}}

    def _patch_node(self, body: Any) -> None:
        self.annotations |= body.get("metadata", {}).get("annotations", {})
        for one in body["status"]["conditions"]:
            if one.get("$patch") == "delete":
                self.conditions.pop(one["type"], None)
            else:
                self.conditions[one["type"]] = self.conditions.get(one["type"], {}) | one

    def _event(self, method: str, key: str, body: Any) -> Answer:
        if method == "POST":
            key += body["metadata"]["name"]
            if key in self.events:
                return refusal(409, "AlreadyExists")
            self.events[key] = body
            return Answer(201, body)
        if key not in self.events:
            return refusal(404, "not found")
        if method == "PATCH":
            self.events[key] |= {name: value for name, value in body.items() if name != "metadata"}
        return Answer(200, self.events[key])


def refusal(status: int, message: str, retry_after: float = 0.0) -> Answer:
    return Answer(status, {"kind": "Status", "message": message, "code": status}, retry_after)


def pod(name: str, uid: str, container_id: str = "", *, last_id: str = "", **metadata: Any) -> dict[str, Any]:
    status: dict[str, Any] = {
        "name": "app",
        "containerID": f"containerd://{container_id}" if container_id else "",
    }
    if last_id:
        status["lastState"] = {
            "terminated": {"containerID": f"containerd://{last_id}", "reason": "OOMKilled"}
        }
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": uid} | metadata,
        "spec": {"containers": [{"name": "app"}]},
        "status": {"containerStatuses": [status]},
    }
