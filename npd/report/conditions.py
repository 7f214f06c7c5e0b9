"""Keeps the conditions of the node as the monitors say: patched when one changes, again as a heartbeat, and when
somebody else has changed one. Which conditions are ours stands in an annotation of the Node, so that those of a rule
that is no more can be deleted; conditions of others are never touched."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from npd.model import Condition
from npd.report.api import STRATEGIC, Answer, Api, Unreachable
from npd.report.pace import Backoff
from npd.report.tally import Tally
from npd.report.times import read, written

OWNED = "npd.eventcenter/conditions"
"""Annotation of the Node: the types of our conditions, with commas."""
HEARTBEAT = 300.0
RETRY = 10.0
SOON = 2.0
"""Between two tries to reach the server for the first time: events wait for the uid of the node."""
LOOK = 60.0
"""Seconds between two looks whether somebody else has changed a condition of ours."""
REFUSED_RETRY = 300.0
"""At most, without the rights. They may be granted a moment after the agent was started."""


class NodeConditions:
    """`declared`: the types that the monitors may report, also those that they have not reported yet. Conditions come
    by `take` from any thread; `step` is one thread's.
    `clock` is a steady one."""

    def __init__(
        self,
        api: Api,
        node: str,
        declared: Iterable[str],
        tally: Tally,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
        heartbeat: float = HEARTBEAT,
        write: bool = True,
    ) -> None:
        self._api = api
        self._path = f"/api/v1/nodes/{quote(node)}"
        self._declared = frozenset(declared)
        self._tally = tally
        self._clock = clock
        self._wall = wall
        self._heartbeat = heartbeat
        self._writes = write
        """Off: the node is read only, for its uid."""
        self._lock = threading.Lock()
        self._told: dict[str, dict[str, Condition]] = {}
        """By type and source: a kernel line and a look at the mounts may both know of one condition."""
        self._wanted: dict[str, Condition] = {}
        self._changed = False
        self._adopted: dict[str, tuple[str, float]] = {}
        """Type → status and transition time that the node had when we began: a restart is no transition."""
        self._owned: frozenset[str] | None = None
        """As the annotation says; None until the node was read."""
        self._looked = self._wrote = self._not_before = -math.inf
        self._refused_once = False
        self._refusals = Backoff(RETRY, REFUSED_RETRY)
        self.node_uid = ""

    def take(self, source: str, conditions: Iterable[Condition]) -> None:
        with self._lock:
            for condition in conditions:
                self._told.setdefault(condition.type, {})[source] = condition
                self._want(worst(self._told[condition.type].values()))

    def _want(self, condition: Condition) -> None:
        before = self._wanted.get(condition.type)
        if before == condition:
            return
        if before is not None and (before.status, before.reason) != (condition.status, condition.reason):
            self._adopted.pop(condition.type, None)
        self._wanted[condition.type] = condition
        self._changed = True

    def wanted(self) -> list[Condition]:
        with self._lock:
            return list(self._wanted.values())

    @property
    def identified(self) -> bool:
        """Whether the uid of the node is known, or will not be told."""
        return self._owned is not None or self._refused_once

    def step(self) -> float:
        """Does what is due; the seconds until something is."""
        now = self._clock()
        if now < self._not_before:
            return self._not_before - now
        try:
            if self._owned is None or now - self._looked >= min(LOOK, self._heartbeat):
                self._look(now)
            if self._is_due(now):
                self._write(now)
        except Unreachable as error:
            self._failed(now, str(error), RETRY if self.identified else SOON)
        return self._wait(now)

    def _wait(self, now: float) -> float:
        if now < self._not_before:
            return self._not_before - now
        beat = self._wrote + self._heartbeat if self._wanted and self._writes else math.inf
        return max(0.0, min(self._looked + min(LOOK, self._heartbeat), beat) - now)

    def _is_due(self, now: float) -> bool:
        if self._owned is None or not self._writes:
            return False
        with self._lock:
            if not self._wanted and not self._stale():
                return False
            return self._changed or bool(self._stale()) or now - self._wrote >= self._heartbeat

    def _stale(self) -> frozenset[str]:
        return (self._owned or frozenset()) - self._declared - self._wanted.keys()

    def _look(self, now: float) -> None:
        """The first look is exact; later ones are answered from the server's memory."""
        first = self._owned is None
        self._tally.asked("node")
        answer = self._api.request("GET", self._path + ("" if first else "?resourceVersion=0"))
        if not answer.ok:
            return self._refused(now, "node", answer)
        self._tally.worked("node")
        self._looked = now
        self._learn(answer.json)
        found = _by_type(answer.json)
        with self._lock:
            if first:
                self._adopted = {
                    type: (str(one.get("status")), since)
                    for type, one in found.items()
                    if type in (self._owned or ()) and (since := read(one.get("lastTransitionTime")))
                }
            elif any(
                not _same(found.get(type), self._shape(wanted)) for type, wanted in self._wanted.items()
            ):
                self._changed = True

    def _learn(self, node: Any) -> None:
        metadata = node.get("metadata") or {}
        self.node_uid = str(metadata.get("uid") or "")
        listed = str((metadata.get("annotations") or {}).get(OWNED, ""))
        self._owned = frozenset(filter(None, listed.split(",")))

    def _write(self, now: float) -> None:
        with self._lock:
            stale = self._stale()
            owned = (self._owned or frozenset()) - stale | self._wanted.keys()
            beat = {"lastHeartbeatTime": written(self._wall())}
            conditions: list[dict[str, str]] = [self._shape(one) | beat for one in self._wanted.values()]
            self._changed = False
        conditions += [{"$patch": "delete", "type": type} for type in sorted(stale)]
        body: dict[str, Any] = {"status": {"conditions": conditions}}
        if owned != self._owned:
            body["metadata"] = {"annotations": {OWNED: ",".join(sorted(owned))}}
        self._tally.asked("conditions")
        try:
            answer = self._api.request("PATCH", f"{self._path}/status", body, STRATEGIC)
        except Unreachable:
            self._again()
            raise
        if not answer.ok:
            self._again()
            return self._refused(now, "conditions", answer)
        self._tally.worked("conditions", self._wall())
        self._refusals.reset()
        self._wrote = self._looked = now
        self._learn(answer.json)

    def _shape(self, condition: Condition) -> dict[str, str]:
        """As the node has it, without the heartbeat."""
        status, since = self._adopted.get(condition.type, ("", 0.0))
        if status != condition.status:
            since = condition.since
        return {
            "type": condition.type,
            "status": condition.status,
            "reason": condition.reason,
            "message": condition.message,
            "lastTransitionTime": written(min(since, condition.since)),
        }

    def _again(self) -> None:
        with self._lock:
            self._changed = True

    def _refused(self, now: float, what: str, answer: Answer) -> None:
        self._refused_once = True
        verb = "read" if what == "node" else "patch the status of"
        if answer.status == 403:
            why = (
                f"this account may not {verb} the node: {answer.message}; grant what deploy/npd/rbac.yaml has"
            )
            return self._failed(now, why, self._refusals.next(), what)
        wait = max(RETRY, answer.retry_after)
        self._failed(now, f"{answer.status}: {answer.message}", wait, what)

    def _failed(self, now: float, why: str, wait: float, what: str = "conditions") -> None:
        self._tally.failed(what, why)
        self._not_before = now + wait


def worst(conditions: Iterable[Condition]) -> Condition:
    """Of several sources: True (bad) before Unknown before False; among equals the one that began first."""
    return min(conditions, key=lambda one: (("True", "Unknown", "False").index(one.status), one.since))


def _by_type(node: Any) -> dict[str, dict[str, Any]]:
    conditions = (node.get("status") or {}).get("conditions") or []
    return {str(one.get("type")): one for one in conditions if isinstance(one, dict)}


def _same(found: dict[str, Any] | None, wanted: dict[str, str]) -> bool:
    return found is not None and all(found.get(key) == value for key, value in wanted.items())
