"""From what a cgroup path says (uid, container id) to the Pod and its container, asking for the Pods of this node only.

Asked on demand: the answer is large and seldom needed. Pods that are gone are remembered for some minutes, because a
Pod that is killed for its memory may be deleted before anybody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from npd.model import PodRef
from npd.report.api import Api, Unreachable
from npd.report.tally import Tally

KEEP = 600.0
"""Seconds that a deleted Pod is remembered."""
PAUSE = 2.0
"""Seconds between two lists at least."""
REFUSED_PAUSE = 30.0
CONFIG_HASH = "kubernetes.io/config.hash"


@dataclass(frozen=True, slots=True)
class Pod:
    namespace: str
    name: str
    uid: str
    """Of the object: of a static Pod not the one in the cgroup path."""
    containers: dict[str, str]
    """Container id → name, those of the last run too."""
    only: str = ""
    """The name of its container where it has just one."""


class PodResolver:
    """One thread's."""

    def __init__(self, api: Api, node: str, tally: Tally, *, clock: Callable[[], float]) -> None:
        self._api = api
        self._path = f"/api/v1/pods?fieldSelector=spec.nodeName%3D{quote(node)}&resourceVersion=0"
        self._tally = tally
        self._clock = clock
        self._pods: dict[str, tuple[Pod, float]] = {}
        """By uid, and by config.hash for static ones; with the time when it was seen last."""
        self._not_before = 0.0

    def find(self, ref: PodRef) -> tuple[Pod, str] | None:
        """The Pod and the name of its container, empty where that is not known (yet); None: no such Pod is known.

        Unreachable when the server does not answer."""
        found = self._known(ref)
        if (found is None or (ref.container_id and not found[1])) and self._clock() >= self._not_before:
            self.refresh()
            found = self._known(ref)
        return found

    def refresh(self) -> None:
        """Asks for the Pods of this node. Unreachable when the server does not answer."""
        now = self._clock()
        self._not_before = now + PAUSE
        self._tally.asked("pods")
        try:
            answer = self._api.request("GET", self._path)
        except Unreachable as error:
            self._tally.failed("pods", str(error))
            raise
        if not answer.ok:
            self._not_before = now + (
                REFUSED_PAUSE if answer.status == 403 else max(PAUSE, answer.retry_after)
            )
            return self._tally.failed("pods", f"the Pods of this node cannot be listed: {answer.message}")
        self._tally.worked("pods")
        self._pods = {key: kept for key, kept in self._pods.items() if now - kept[1] < KEEP}
        for item in answer.json.get("items") or ():
            for key, pod in _read(item):
                self._pods[key] = (pod, now)

    def _known(self, ref: PodRef) -> tuple[Pod, str] | None:
        kept = self._pods.get(ref.uid)
        if kept is None:
            return None
        pod = kept[0]
        return pod, pod.containers.get(ref.container_id, "" if ref.container_id else pod.only)


def _read(item: Any) -> Iterator[tuple[str, Pod]]:
    metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    containers = {}
    for key in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for one in status.get(key) or ():
            for found in _container_ids(one):
                containers[found.rpartition("://")[2]] = str(one.get("name", ""))
    names = [str(one.get("name", "")) for one in spec.get("containers") or ()]
    only = names[0] if len(names) == 1 and not spec.get("initContainers") else ""
    uid = str(metadata["uid"])
    pod = Pod(str(metadata["namespace"]), str(metadata["name"]), uid, containers, only)
    yield uid, pod
    if hash_ := (metadata.get("annotations") or {}).get(CONFIG_HASH):
        yield str(hash_), pod


def _container_ids(status: dict[str, Any]) -> Iterator[str]:
    for one in (
        status,
        *(status.get("state") or {}).values(),
        *(status.get("lastState") or {}).values(),
    ):
        if isinstance(one, dict) and one.get("containerID"):
            yield str(one["containerID"])
