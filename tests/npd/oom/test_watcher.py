"""What becomes of reports that are out of the ordinary: left out, mixed, repeated, of groups, with odd names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npd.model import Event, PodRef
from npd.oom import OomKill, OomWatcher
from npd.oom.lines import Killed, parse
from tests.npd.oom.reports import CONTAINER, ID, OTHER_ID, POD, UID, USAGE, chosen, group, killed

OTHER = f"/kubepods/besteffort/pod66666666-7777-8888-9999-000000000000/{OTHER_ID}"


def seen(*lines: str, apart: float = 0.0, **options: bool) -> tuple[list[OomKill], list[Event]]:
    kills: list[OomKill] = []
    watcher = OomWatcher("n1", tell=kills.append, **options)
    told = [event for at, line in enumerate(lines) for event in watcher.feed(line, 1000 + at * apart)]
    return kills, told + watcher.flush()


def test_the_events_of_a_kill_at_a_containers_limit() -> None:
    line = killed(100)
    _, (of_node, of_pod) = seen("java invoked oom-killer: gfp_mask=0x0", USAGE, chosen(100), line)

    assert (of_node.reason, of_node.message, of_node.pod, of_node.time) == ("OOMKilling", line, None, 1000)
    assert of_pod.pod == PodRef(UID, ID)
    assert of_pod.message == (
        f"Container {ID[:12]} was OOM killed on node n1: process java (pid 100, RSS 254.0 MiB). "
        "The memory limit of the container was reached: usage 256.0 MiB, limit 256.0 MiB."
    )
    assert of_pod.annotations["npd.eventcenter/oom-limit-kib"] == "262144"
    assert of_pod.annotations["npd.eventcenter/oom-container-id"] == ID


def test_no_event_of_the_node_where_a_rule_makes_it() -> None:
    _, events = seen(chosen(1), killed(1), node_events=False)

    assert [event.reason for event in events] == ["ContainerOOMKilled"]


@pytest.mark.parametrize(
    ("limit", "hit", "scope"),
    [
        (CONTAINER, "container", "memcg"),
        (POD, "pod", "memcg"),
        ("/kubepods", "parent", "memcg"),
        (None, "node", "global"),
    ],
)
def test_whose_limit_it_was(limit: str | None, hit: str, scope: str) -> None:
    prefix = "Out of memory: " if limit is None else "Memory cgroup out of memory: "
    (kill,), (_, of_pod) = seen(chosen(7, limit=limit), killed(7, prefix=prefix))

    assert (kill.limit_hit, kill.scope) == (hit, scope)
    assert of_pod.annotations["npd.eventcenter/oom-limit-hit"] == hit


def test_a_cgroup_without_a_limit_of_its_own_names_none() -> None:
    _, (_, of_pod) = seen("memory: usage 9kB, limit 9007199254740988kB, failcnt 0", chosen(1), killed(1))

    assert "limit 8" not in of_pod.message
    assert of_pod.message.endswith("The memory limit of the container was reached.")


def test_a_process_outside_of_pods_is_the_nodes_alone() -> None:
    kills, events = seen(chosen(1, "/system.slice/etcd.service", None), killed(1, prefix="Out of memory: "))

    assert [event.pod for event in events] == [None]
    assert kills[0].limit_hit == "node"


def test_reports_left_out_by_the_kernel_are_never_tied_to_another_pod() -> None:
    kills, events = seen(chosen(1), killed(1), killed(2), killed(3, "java"))

    assert [kill.pod and kill.pod.uid for kill in kills] == [UID, None, None]
    assert [event.reason for event in events if event.pod is None] == ["OOMKilling"] * 3


def test_the_limit_of_one_report_is_not_told_of_the_next() -> None:
    kills, _ = seen(
        USAGE, chosen(1), killed(1), "x invoked oom-killer: y", chosen(2, OTHER, OTHER), killed(2)
    )

    assert [kill.limit for kill in kills] == [262144, None]


def test_a_path_that_waited_too_long_is_of_another_process() -> None:
    kills, _ = seen(chosen(1), "noise", killed(1), apart=40)

    assert kills[0].pod is None


@pytest.mark.parametrize("apart", [0.0, 1.0])
@pytest.mark.parametrize("first", [True, False], ids=["victim, then group", "group, then victims"])
def test_the_kill_of_a_group_is_one_incident(first: bool, apart: float) -> None:
    head = [killed(10), group(CONTAINER)] if first else [group(CONTAINER), killed(10)]
    kills, events = seen(USAGE, chosen(10), *head, killed(10), killed(11, "sidecar"), killed(12), apart=apart)

    assert [kill.pids for kill in kills] == [[10, 11, 12]]
    assert [event.reason for event in events] == ["OOMKilling", "ContainerOOMKilled"]
    assert events[0].message.count("Killed process") == 3
    assert "java (pid 10, RSS 254.0 MiB), sidecar (pid 11" in events[1].message


def test_a_group_kill_names_its_pod_though_the_report_was_left_out() -> None:
    kills, _ = seen(group(CONTAINER), killed(10), killed(11))

    assert [(kill.pod, kill.pids, kill.limit_hit) for kill in kills] == [
        (PodRef(UID, ID), [10, 11], "unknown")
    ]


def test_a_kill_soon_after_a_group_is_not_of_the_group() -> None:
    kills, _ = seen(
        chosen(10),
        killed(10),
        group(CONTAINER),
        killed(11),
        killed(90, adj=-997),
        chosen(12, OTHER, OTHER),
        killed(12),
    )

    assert [kill.pids for kill in kills] == [[10, 11], [90], [12]]
    assert kills[1].pod is None


def test_a_thousand_victims_fit_into_an_event() -> None:
    lines = [killed(pid) for pid in range(1000, 2000)]
    (kill,), events = seen(chosen(1000), lines[0], group(CONTAINER), *lines[1:])

    assert len(kill.victims) == 1000
    assert all(len(event.message) <= 1000 for event in events)
    assert "more processes of the same kill" in events[0].message


def test_the_same_lines_read_again_are_the_same_kill() -> None:
    report = [chosen(1), killed(1)]
    kills, _ = seen(*report, *report, "kernel: " + killed(1))

    assert len(kills) == 1


def test_a_pid_that_is_killed_again_later_is_another_kill() -> None:
    kills, _ = seen(chosen(1), killed(1), "noise", chosen(1), killed(1), apart=50)

    assert len(kills) == 2


def test_a_kernel_of_5_0_that_sacrifices_a_child() -> None:
    intent = "Memory cgroup out of memory: Kill process 1 (sh) score 1940 or sacrifice child"
    (kill,), _ = seen(chosen(1), intent, killed(2, "child", prefix=""))

    assert (kill.pod, kill.pids) == (PodRef(UID, ID), [2])


def test_an_old_kernels_path_is_not_of_a_kill_by_the_node() -> None:
    path = f"Task in {CONTAINER} killed as a result of limit of {POD}"
    intent = "Out of memory: Kill process 1 (sh) score 9 or sacrifice child"
    (kill,), _ = seen(path, intent, killed(1, prefix=""))

    assert kill.pod is None


def test_red_hats_own_wording() -> None:
    killed_line = parse(
        "Killed process 29957 (java), UID 1000, total-vm:8066276kB, anon-rss:10kB, file-rss:2kB"
    )

    assert isinstance(killed_line, Killed)
    assert (killed_line.pid, killed_line.name, killed_line.resident) == (29957, "java", 12)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=15))
def test_any_name_of_a_process_keeps_its_pod_and_pid(name: str) -> None:
    (kill,), events = seen(chosen(39079, task=name), killed(39079, name))

    assert kill.pod == PodRef(UID, ID)
    assert (kill.pids, kill.victims[0].name) == ([39079], name)
    assert kill.victims[0].sizes["anon-rss"] == 250112
    assert len(events) == 2


@pytest.mark.parametrize(
    "name", ["a,pid=1,uid=0", "x) total-vm:1kB", ",task_memcg=/k", "(sd-pam)", "CPU 1/KVM, x"]
)
def test_names_that_look_like_the_report(name: str) -> None:
    (kill,), _ = seen(chosen(39079, task=name), killed(39079, name))

    assert (kill.pod, kill.pids, kill.victims[0].name) == (PodRef(UID, ID), [39079], name)


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    for prefix in (
        "",
        "oom-kill:constraint=",
        "Killed process ",
        "Memory cgroup out of memory: Killed process 1 (",
    ):
        OomWatcher().feed(prefix + text, 0.0)


def test_a_kill_is_told_within_a_second_of_quiet() -> None:
    watcher = OomWatcher()
    assert watcher.feed(chosen(1), 5000.0) == [] == watcher.feed(killed(1), 5000.0)

    assert watcher.flush(10.0) == []  # a clock that has nothing to do with that of the lines
    assert len(watcher.flush(10.5)) == 2
    assert watcher.flush(11.0) == []


def test_what_is_remembered_has_a_bound() -> None:
    watcher = OomWatcher()
    for pid in range(5000):
        watcher.feed(chosen(pid), 1.0)
        watcher.feed(killed(pid + 10_000), 1.0)

    assert max(len(watcher._by_pid), len(watcher._seen)) <= 256


@given(st.data())
def test_reports_in_any_order_keep_their_pods(data: st.DataObject) -> None:
    """Each kill comes after its own report; anything else may come in between."""
    paths = [f"/kubepods/pod{number:08x}-0000-0000-0000-000000000000/{ID}" for number in range(5)]
    waiting = [[chosen(100 + at, path, path), killed(100 + at)] for at, path in enumerate(paths)]
    lines = []
    while any(waiting):
        report = data.draw(st.sampled_from([lines for lines in waiting if lines]))
        lines.append(report.pop(0))
    kills, _ = seen(*lines)

    assert {kill.pids[0]: kill.pod.uid[:8] for kill in kills if kill.pod} == {
        100 + number: f"{number:08x}" for number in range(5)
    }
