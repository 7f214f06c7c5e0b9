"""Which workload an object belongs to, told from its name alone: an Event does not say who owns a Pod.

Controllers name what they make by fixed patterns. Where several of them use the same one, `kinds` names them all; a
Pod that somebody named by hand like that cannot be told from theirs. Pure; messages and alerts group by it."""

from __future__ import annotations

import re
from typing import NamedTuple

from eventcenter.model import Event

_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]{5}"
"""What the API server puts behind `generateName`: without vowels and what looks like them, so that no word appears."""
_HASH = "[4-9bcdf]{6,10}"
"""A ReplicaSet's: the decimal digits of a 32-bit number, each written as one of ten characters."""
_TIME = r"(?:[23]\d{7}|1\d{9})"
"""A CronJob's Job: minutes since 1970, before Kubernetes 1.21 seconds. Neither can be a ReplicaSet's hash, which holds
no 1, 2 or 3."""
_LONGEST = 63
"""What a generated name is cut to, before its random end."""


class Workload(NamedTuple):
    kinds: tuple[str, ...]
    """What it can be: one kind where the name is clear."""
    name: str

    @property
    def kind(self) -> str:
        """Empty where several are possible."""
        return self.kinds[0] if len(self.kinds) == 1 else ""


_POD_PATTERNS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), kinds)
    for pattern, kinds in (
        (rf"(.+)-{_TIME}-{_RANDOM}", ("CronJob",)),
        (rf"(.+)-{_HASH}-{_RANDOM}", ("Deployment",)),
        # Other tools write the hash as hexadecimal; a digit and a letter tell it from numbers and most words.
        (r"(.+)-(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,10}-[a-z0-9]{5}", ("Deployment",)),
        (r"(.+)-(?:0|[1-9]\d{0,3})", ("StatefulSet",)),
        (rf"(.+)-{_RANDOM}", ("DaemonSet", "Job", "ReplicaSet")),
    )
)
_OTHER_PATTERNS = {
    "ReplicaSet": (re.compile(rf"(.+)-{_HASH}"), "Deployment"),
    "Job": (re.compile(rf"(.+)-{_TIME}"), "CronJob"),
}


def workload_of(kind: str, name: str, node: str = "") -> Workload:
    """The workload of the object; an object that no pattern fits is its own. `node`: where the Pod runs, which tells
    the static Pods of nodes (`kube-apiserver-NODE`)."""
    if kind == "Pod":
        return _of_pod(name, node)
    if kind in _OTHER_PATTERNS:
        pattern, owner = _OTHER_PATTERNS[kind]
        if match := pattern.fullmatch(name):
            return Workload((owner,), match[1])
    return Workload((kind,), name)


def workload_of_event(event: Event) -> Workload:
    return workload_of(event.kind, event.name, event.hostname)


def _of_pod(name: str, node: str) -> Workload:
    if node and name.endswith(f"-{node}") and len(name) > len(node) + 1:
        return Workload(("Pod",), name[: -len(node) - 1])
    for pattern, kinds in _POD_PATTERNS:
        if match := pattern.fullmatch(name):
            return Workload(kinds, match[1])
    if len(name) == _LONGEST and re.fullmatch(_RANDOM, name[-5:]):
        return _of_long_name(name[:-5])
    return Workload(("Pod",), name)


def _of_long_name(base: str) -> Workload:
    """Of a name so long that its hash or the dash before the random end was cut off."""
    if match := re.fullmatch(r"(.+)-[4-9bcdf]{1,10}", base):
        return Workload(("Deployment",), match[1])
    return Workload(("DaemonSet", "Deployment", "Job", "ReplicaSet"), base.rstrip("-"))
