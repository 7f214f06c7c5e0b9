"""One OOM kill, or one kill of a whole cgroup, and the events that tell of it: one about the node with the kernel's own
words, one about the Pod where the kernel named its cgroup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from npd.model import Event, PodRef, Severity
from npd.oom.lines import Killed

LimitHit = Literal["container", "pod", "parent", "node", "unknown"]
NODE_REASON = "OOMKilling"
POD_REASON = "ContainerOOMKilled"
PREFIX = "npd.eventcenter/oom-"
"""Of the annotations that carry an incident's facts for programs."""
_NO_LIMIT = 2**50
"""In KiB: the kernel writes the largest number that it has where a cgroup has no limit."""
_LONGEST = 1000
"""Characters of a message; the API server refuses more than 1,024."""
_SHOWN_VICTIMS = 20


@dataclass(slots=True)
class OomKill:
    """Grows while more victims of the same kill are read."""

    time: float
    pod: PodRef | None
    """None where the kernel did not say, or where the victim runs in no Pod."""
    limit_hit: LimitHit
    limit_path: str = ""
    usage: int | None = None
    """What the cgroup at its limit used, in KiB."""
    limit: int | None = None
    victims: list[Killed] = field(default_factory=list)

    @property
    def scope(self) -> str:
        """`memcg` or `global`, as the kernel parts them; empty where unknown."""
        if self.limit_hit == "node" or (self.victims and self.victims[0].of_node):
            return "global"
        known = self.limit_hit != "unknown" or (self.victims and self.victims[0].of_cgroup)
        return "memcg" if known else ""

    @property
    def pids(self) -> list[int]:
        return [victim.pid for victim in self.victims]


def events(kill: OomKill, *, node: str, node_event: bool) -> list[Event]:
    """The node's event first. `node` is named in the Pod's event when it is not empty."""
    told = [_of_node(kill)] if node_event else []
    if kill.pod is not None:
        told.append(_of_pod(kill, kill.pod, node))
    return told


def _of_node(kill: OomKill) -> Event:
    return Event(Severity.WARN, kill.time, NODE_REASON, _kernel_words(kill), annotations=_facts(kill))


def _kernel_words(kill: OomKill) -> str:
    """As many of the lines as fit, unchanged."""
    lines, length = [kill.victims[0].text], len(kill.victims[0].text)
    for victim in kill.victims[1:]:
        length += len(victim.text) + 1
        if length > _LONGEST - 40:
            lines.append(f"… and {len(kill.victims) - len(lines)} more processes of the same kill")
            break
        lines.append(victim.text)
    return "\n".join(lines)


def _of_pod(kill: OomKill, pod: PodRef, node: str) -> Event:
    where = f" on node {node}" if node else ""
    container = f"Container {pod.container_id[:12]}" if pod.container_id else "A container of the Pod"
    message = f"{container} was OOM killed{where}: {_who(kill)}. {_why(kill)}"
    return Event(Severity.WARN, kill.time, POD_REASON, message[:_LONGEST], pod=pod, annotations=_facts(kill))


def _who(kill: OomKill) -> str:
    parts = [_victim(victim) for victim in kill.victims[:5]]
    if len(kill.victims) > 5:
        parts.append(f"{len(kill.victims) - 5} more")
    return ("process " if len(kill.victims) == 1 else "processes ") + ", ".join(parts)


def _victim(victim: Killed) -> str:
    return f"{victim.name} (pid {victim.pid}, RSS {_mib(victim.resident)})"


def _why(kill: OomKill) -> str:
    if kill.limit_hit == "node":
        return "The node ran out of memory."
    if kill.limit_hit == "unknown":
        return "What ran out of memory is not known."
    whose = "the cgroup " + kill.limit_path if kill.limit_hit == "parent" else f"the {kill.limit_hit}"
    if kill.usage is None or kill.limit is None or kill.limit >= _NO_LIMIT:
        return f"The memory limit of {whose} was reached."
    return f"The memory limit of {whose} was reached: usage {_mib(kill.usage)}, limit {_mib(kill.limit)}."


def _mib(kib: int) -> str:
    return f"{kib / 1024:.1f} MiB"


def _facts(kill: OomKill) -> dict[str, str]:
    first = kill.victims[0]
    facts = {
        "process": first.name,
        "pid": ",".join(map(str, kill.pids[:_SHOWN_VICTIMS])),
        "victims": str(len(kill.victims)),
        "rss-kib": str(first.resident),
        "limit-hit": kill.limit_hit,
        "scope": kill.scope,
        "usage-kib": "" if kill.usage is None else str(kill.usage),
        "limit-kib": "" if kill.limit is None or kill.limit >= _NO_LIMIT else str(kill.limit),
        "limit-cgroup": kill.limit_path,
    }
    if kill.pod is not None:
        facts |= {"pod-uid": kill.pod.uid, "container-id": kill.pod.container_id}
    return {PREFIX + key: value for key, value in facts.items() if value}
