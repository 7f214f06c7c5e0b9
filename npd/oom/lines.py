"""The lines of a kernel's report of an OOM kill, from 3.x to 6.x, as values. Parsed by their fixed words from both ends
and never by position: task names hold blanks, commas and parentheses, node lists hold commas, and columns grow with
kernels."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CGROUP = "Memory cgroup out of memory"
_NUMBER = re.compile(r"([a-zA-Z_-]+):(-?[0-9]+)")
_PID = re.compile(r"[0-9]+")
_USAGE = re.compile(r"memory: usage ([0-9]+)kB, limit ([0-9]+)kB")
_KILL = re.compile(r"Kill process ([0-9]+) \(.* score [0-9]+ or sacrifice child", re.DOTALL)
_OLD_PATHS = re.compile(r"Task in (/.*) killed as a result of limit of (/.*)", re.DOTALL)
_GROUP = re.compile(r"Tasks in (/.*) are going to be killed due to memory\.oom\.group set", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Invoked:
    """A report begins: `X invoked oom-killer: …`. X asked for memory; it is seldom who dies."""


@dataclass(frozen=True, slots=True)
class Usage:
    """`memory: usage …kB, limit …kB` of the cgroup that hit its limit, in KiB."""

    usage: int
    limit: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """`oom-kill:constraint=…` (kernel 5.0 and newer), or `Task in … killed as a result of limit of …` with no pid."""

    victim_path: str
    limit_path: str
    """Empty when the node itself ran out of memory."""
    whole_node: bool
    pid: int | None


@dataclass(frozen=True, slots=True)
class Kill:
    """`Kill process P … or sacrifice child` (before 5.1): the next `Killed process` is P or a child of it."""

    pid: int
    of_cgroup: bool


@dataclass(frozen=True, slots=True)
class Group:
    """`Tasks in … are going to be killed due to memory.oom.group set`."""

    path: str


@dataclass(frozen=True, slots=True)
class Killed:
    """`Killed process P (name) total-vm:…`: the only line that every kernel prints for every kill. Sizes in KiB."""

    pid: int
    name: str
    sizes: dict[str, int]
    """By the kernel's names: total-vm, anon-rss, file-rss, shmem-rss, UID, pgtables, oom_score_adj, as far as there."""
    prefix: str
    """What stands before, such as `Memory cgroup out of memory: `."""
    text: str

    @property
    def resident(self) -> int:
        """Resident memory, in KiB."""
        return sum(self.sizes.get(kind, 0) for kind in ("anon-rss", "file-rss", "shmem-rss"))

    @property
    def of_cgroup(self) -> bool:
        return _CGROUP in self.prefix

    @property
    def of_node(self) -> bool:
        return not self.of_cgroup and "Out of memory" in self.prefix


Line = Invoked | Usage | Chosen | Kill | Group | Killed


def parse(text: str) -> Line | None:
    """None for a line that says nothing of an OOM kill."""
    # Every line that counts holds one of these. All the others, nearly all, cost four searches for a word; written out,
    # for a loop costs more than the searches.
    if not ("oom" in text or "Kill" in text or "Task" in text or "memory: usage " in text):
        return None
    if "oom-kill:constraint=" in text:
        return _chosen(text)
    if "Killed process " in text:
        return _killed(text)
    return _rest(text)


def _rest(text: str) -> Line | None:
    if " invoked oom-killer:" in text:
        return Invoked()
    if found := _USAGE.search(text):
        return Usage(int(found[1]), int(found[2]))
    if found := _KILL.search(text):
        return Kill(int(found[1]), _CGROUP in text)
    if found := _OLD_PATHS.search(text):
        return Chosen(found[1], found[2].rstrip(), False, None)
    if found := _GROUP.search(text):
        return Group(found[1])
    return None


def _chosen(text: str) -> Chosen | None:
    head, _, tail = text.partition("oom-kill:constraint=")[2].partition(",task_memcg=")
    paths_and_task, _, pid_and_uid = tail.rpartition(",pid=")
    path, _, _ = paths_and_task.partition(",task=")
    pid = _PID.match(pid_and_uid)
    if not path or pid is None:
        return None
    return Chosen(path, head.partition(",oom_memcg=")[2], head.endswith(",global_oom"), int(pid[0]))


def _killed(text: str) -> Killed | None:
    prefix, _, rest = text.partition("Killed process ")
    pid = _PID.match(rest)
    named, found, sizes = rest.rpartition("total-vm:")
    if pid is None or not found:
        return None
    name = named[named.find("(") + 1 : named.rfind(")")]
    return Killed(int(pid[0]), name, _numbers(found + sizes), prefix, text)


def _numbers(text: str) -> dict[str, int]:
    return {key: int(value) for key, value in _NUMBER.findall(text)}
