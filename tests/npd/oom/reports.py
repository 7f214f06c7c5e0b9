"""Lines as kernels print them, for tests."""

from __future__ import annotations

ID = "0f32894de86edf3d3832702af794874ef8d400b4969acdea4976b12040756e0d"
OTHER_ID = "b6b6b95624483b2e86fd1ecbc3de20a852ecb600009e06fa9fe969ff81122654"
UID = "968a06fb-9ab9-4819-8caf-0392ddff3d9b"
POD = f"/kubepods/burstable/pod{UID}"
CONTAINER = f"{POD}/{ID}"
USAGE = "memory: usage 262144kB, limit 262144kB, failcnt 131"


def chosen(pid: int, victim: str = CONTAINER, limit: str | None = CONTAINER, task: str = "java") -> str:
    """`limit` None: the whole node is out of memory."""
    constraint = "CONSTRAINT_NONE" if limit is None else "CONSTRAINT_MEMCG"
    whose = "global_oom" if limit is None else f"oom_memcg={limit}"
    return (
        f"oom-kill:constraint={constraint},nodemask=(null),cpuset=/,mems_allowed=0-1,4,{whose},"
        f"task_memcg={victim},task={task},pid={pid},uid=0"
    )


def killed(
    pid: int, name: str = "java", *, prefix: str = "Memory cgroup out of memory: ", adj: int = 969
) -> str:
    return (
        f"{prefix}Killed process {pid} ({name}) total-vm:3061792kB, anon-rss:250112kB, file-rss:8912kB, "
        f"shmem-rss:1024kB, UID:0 pgtables:84kB oom_score_adj:{adj}"
    )


def group(path: str) -> str:
    return f"Tasks in {path} are going to be killed due to memory.oom.group set"
