"""Volumes of CSI drivers that no longer answer: whoever touches one hangs in the kernel, first of all the kubelet.
Each volume is asked in a thread of its own, which a volume that hangs keeps; it is not asked again before that one
is back."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, not_applicable

_PODS = "/var/lib/kubelet/pods"
_PATTERN = "*/volumes/kubernetes.io~csi/*/mount"
_MOST = 32
"""Threads that may hang at once; while so many do, further volumes are not asked."""


@dataclass(frozen=True, slots=True)
class VolumeOptions:
    answer_within_ms: int = 5000
    """For all volumes together."""

    def __post_init__(self) -> None:
        if self.answer_within_ms < 1:
            raise ValueError("answer_within_ms must be 1 or more")


class Volumes:
    """`touch` returns or raises OSError where a volume answers."""

    def __init__(self, root: Path, seconds: float, touch: Callable[[Path], object] = os.statvfs) -> None:
        self._root, self._seconds, self._touch = root, seconds, touch
        self._hanging: dict[Path, threading.Thread] = {}

    def look(self) -> Finding:
        found = list(self._root.glob(_PATTERN))
        if not found and not self._hanging:
            return not_applicable(f"no CSI volume is mounted below {self._root}")
        asked = self._hanging | {path: self._ask(path) for path in self._next(found)}
        until = time.monotonic() + self._seconds
        for thread in asked.values():
            thread.join(max(0.0, until - time.monotonic()))
        self._hanging = {path: thread for path, thread in asked.items() if thread.is_alive()}
        if not self._hanging:
            return OK
        named = ", ".join(map(self._named, sorted(self._hanging)[:5]))
        return bad(f"{len(self._hanging)} CSI volumes do not answer within {self._seconds:g}s: {named}")

    def _next(self, found: list[Path]) -> list[Path]:
        new = [path for path in found if path not in self._hanging]
        return new[: _MOST - len(self._hanging)]

    def _ask(self, path: Path) -> threading.Thread:
        def ask() -> None:
            with contextlib.suppress(OSError):  # an error is an answer
                self._touch(path)

        thread = threading.Thread(target=ask, name="npd-volume", daemon=True)
        thread.start()
        return thread

    def _named(self, path: Path) -> str:
        """`<pods>/UID/volumes/kubernetes.io~csi/NAME/mount`."""
        pod, _, _, volume, _ = path.relative_to(self._root).parts
        return f"{volume} of pod {pod}"


def _make(node: Node, options: VolumeOptions) -> dict[str, Look]:
    return {"": Volumes(node.host.file(_PODS), options.answer_within_ms / 1000).look}


KIND = Kind(
    "csi-volumes",
    "mounted CSI volumes answer",
    VolumeOptions,
    Words("CSIVolumeHung", "CSIVolumesHung", "CSIVolumesAnswer", "mounted CSI volumes answer"),
    Pace(period=60, timeout=15, bad=2, of=2),
    _make,
    on=False,
    needs="the host's / mounted with its mounts (HostToContainer)",
)
