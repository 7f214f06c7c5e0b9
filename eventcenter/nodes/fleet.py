"""The nodes of the cluster as they are now, and which of their problems have been told."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field

from eventcenter.nodes.judging import FLAP_WINDOW_MS, Facts, Problem, problems_of
from eventcenter.nodes.shapes import Node, node_of, pod_of
from eventcenter.nodes.telling import Finding, ms
from eventcenter.ports import Clock

ENDED = "NodeProblemEnded"
_MOVES = "flapping"
"""The check whose beginning moves with its window: it is one occasion all the same."""
_OVER = ("Succeeded", "Failed")


@dataclass(slots=True)
class _Known:
    node: Node
    ready: str = ""
    flaps: list[int] = field(default_factory=list)
    cordoned_since: int = 0
    told: dict[str, Problem] = field(default_factory=dict)
    """By check."""


class Fleet:
    """For several threads. Of a Pod only is kept on which node it runs: 8 bytes each."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._nodes: dict[str, _Known] = {}
        self._unseen: set[str] = set()
        self._pods: dict[int, str] = {}
        self._pods_before: dict[int, str] = {}
        self.leases: dict[str, int] = {}
        self.server = ""

    def nodes_begin(self) -> None:
        """All nodes are handed on again."""
        with self._lock:
            self._unseen = set(self._nodes)

    def nodes_end(self) -> None:
        with self._lock:
            for name in self._unseen:
                self._nodes.pop(name, None)
            self._unseen = set()

    def pods_begin(self) -> None:
        """All Pods are handed on again; until they are, those before count."""
        with self._lock:
            self._pods_before, self._pods = self._pods_before or self._pods, {}

    def pods_end(self) -> None:
        with self._lock:
            self._pods_before = {}

    def take_node(self, item: bytes, deleted: bool) -> None:
        node, now = node_of(item), self._clock()
        name = node.metadata.name
        with self._lock:
            self._unseen.discard(name)
            if deleted:
                self._nodes.pop(name, None)
                return
            known = self._nodes.get(name)
            if known is None or known.node.metadata.uid != node.metadata.uid:
                known = self._nodes[name] = _Known(node)
            known.node = node
            _note_ready(known, now)
            _note_cordon(known, now)

    def take_pod(self, item: bytes, deleted: bool) -> None:
        pod = pod_of(item)
        key = hash(pod.metadata.uid)
        with self._lock:
            if deleted or not pod.spec.nodeName or pod.status.phase in _OVER:
                self._pods.pop(key, None)
            else:
                self._pods[key] = pod.spec.nodeName

    def judge(self) -> list[Finding]:
        """What is new since the last time: problems that have begun, and such as have ended."""
        now = self._clock()
        with self._lock:
            pods = Counter((self._pods_before or self._pods).values())
            return [
                finding
                for name, known in self._nodes.items()
                for finding in self._judge(name, known, pods[name], now)
            ]

    def _judge(self, name: str, known: _Known, pods: int, now: int) -> list[Finding]:
        facts = Facts(
            known.node, self.leases.get(name, 0), known.cordoned_since, tuple(known.flaps), pods, self.server
        )
        found = {problem.check: problem for problem in problems_of(facts, now)}
        findings = [
            _finding(known.node, problem, now)
            for check, problem in found.items()
            if check not in known.told or (known.told[check].since != problem.since and check != _MOVES)
        ]
        ended = [problem for check, problem in known.told.items() if check not in found]
        findings += [_finding(known.node, problem, now, ended=True) for problem in ended]
        known.told = {
            check: known.told.get(check, problem) if check == _MOVES else problem
            for check, problem in found.items()
        }
        return findings


def _note_ready(known: _Known, now: int) -> None:
    ready = next((one for one in known.node.status.conditions or () if one.type == "Ready"), None)
    status = ready.status if ready else ""
    if known.ready and status != known.ready and ready is not None:
        known.flaps.append(ms(ready.lastTransitionTime) or now)
    known.ready = status
    known.flaps = [time for time in known.flaps if now - time < FLAP_WINDOW_MS]


def _note_cordon(known: _Known, now: int) -> None:
    if not known.node.spec.unschedulable:
        known.cordoned_since = 0
        return
    taints = known.node.spec.taints or ()
    added = next((ms(one.timeAdded) for one in taints if one.key == "node.kubernetes.io/unschedulable"), 0)
    known.cordoned_since = added or known.cordoned_since or now


def _finding(node: Node, problem: Problem, now: int, *, ended: bool = False) -> Finding:
    about = {"kind": "Node", "name": node.metadata.name, "uid": node.metadata.uid}
    occasion = f"{node.metadata.uid}/{problem.check}/{problem.since}" + ("/ended" if ended else "")
    digest = hashlib.sha256(occasion.encode()).hexdigest()
    return Finding(
        uid=f"node-check:{digest[:32]}",
        name=f"{node.metadata.name[:200]}.{digest[:16]}",
        time=now,
        reason=ENDED if ended else problem.reason,
        message=f"No more: {problem.message}" if ended else problem.message,
        about=about,
        node=node.metadata.name,
        level="Normal" if ended else "Warning",
    )
