"""OOM kills that the Pods' own status tells of: an event on the exact Pod for each run of a container that ended so.

The agent on the node tells of the same kill from the kernel log, with more. Both events have one uid, made of the
container's id (`normalize`), so that the store takes them for the same event, whichever comes first."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator

from eventcenter.model import Change
from eventcenter.nodes.shapes import Container, ContainerStatus, Pod, pod_of
from eventcenter.nodes.telling import Finding, change_of, ms
from eventcenter.normalize import OOM_CONTAINER, OOM_REASON, oom_uid
from eventcenter.ports import Clock

HOLD_MS = 5_000
"""So long the agent's own event, which says more, is waited for."""
REMEMBERED = 20_000
"""Container ids that need not be looked up again."""


class OomKills:
    """`take` Pods as they come; `due` gives the changes to store. For several threads."""

    def __init__(self, clock: Clock, stored: Callable[[str], bool], oldest: Callable[[], int]) -> None:
        """`stored` says whether the store has an event of that uid, `oldest` how far back (ms) it keeps any."""
        self._clock = clock
        self._stored = stored
        self._oldest = oldest
        self._seen: dict[str, None] = {}
        self._held: list[tuple[int, int, Finding]] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def take(self, item: bytes, deleted: bool) -> None:
        pod = pod_of(item)
        now = self._clock()
        for finding in kills_of(pod):
            with self._lock:
                if finding.uid in self._seen:
                    continue
                self._seen[finding.uid] = None
                while len(self._seen) > REMEMBERED:
                    del self._seen[next(iter(self._seen))]
                if finding.time >= self._oldest():
                    heapq.heappush(self._held, (now + HOLD_MS, next(self._numbers), finding))

    def due(self) -> list[Change]:
        """What nobody else has told of meanwhile."""
        now = self._clock()
        findings = []
        with self._lock:
            while self._held and self._held[0][0] <= now:
                findings.append(heapq.heappop(self._held)[2])
        return [change_of(finding, now) for finding in findings if not self._stored(finding.uid)]


def kills_of(pod: Pod) -> Iterator[Finding]:
    """One for each run of a container that the status still tells of."""
    for statuses, containers, path in (
        (pod.status.containerStatuses, pod.spec.containers, "spec.containers"),
        (pod.status.initContainerStatuses, pod.spec.initContainers, "spec.initContainers"),
    ):
        for status in statuses or ():
            yield from _of_container(pod, status, containers or [], path)


def _of_container(
    pod: Pod, status: ContainerStatus, containers: list[Container], path: str
) -> Iterator[Finding]:
    for state in (status.lastState, status.state):
        ended = state.terminated if state else None
        container_id = ended.containerID.rpartition("://")[2] if ended else ""
        if ended is None or ended.reason != "OOMKilled" or not container_id:
            continue
        meta, node = pod.metadata, pod.spec.nodeName
        limit = _limit(status.name, containers)
        yield Finding(
            uid=oom_uid(container_id),
            name=f"{meta.name[:200]}.oom-{container_id[:16]}",
            time=ms(ended.finishedAt),
            reason=OOM_REASON,
            message=f"Container {status.name} was OOM killed on node {node}: exit code {ended.exitCode}, {limit}, "
            f"restarted {status.restartCount} times.",
            about={
                "kind": "Pod",
                "namespace": meta.namespace,
                "name": meta.name,
                "uid": meta.uid,
                "fieldPath": f"{path}{{{status.name}}}",
            },
            node=node,
            annotations={OOM_CONTAINER: container_id},
        )


def _limit(name: str, containers: list[Container]) -> str:
    limits = [one.resources.limits or {} for one in containers if one.name == name and one.resources]
    memory = next((one["memory"] for one in limits if "memory" in one), "")
    return f"memory limit {memory}" if memory else "no memory limit of its own"
