"""Workloads by name: what controllers make is found again, what people name stays its own."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcenter.workloads import Workload, workload_of

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
LABEL = st.from_regex(r"\A[a-z]([a-z0-9-]{0,38}[a-z])?\Z")
"""Names that do not end in a digit: `db-0` is what a StatefulSet makes, whoever made it."""
RANDOM = st.text(ALPHABET, min_size=5, max_size=5)
NODES = ("DaemonSet", "Job", "ReplicaSet")


def safely_encoded(text: str) -> str:
    """As Kubernetes writes a hash (k8s.io/apimachinery/pkg/util/rand, SafeEncodeString)."""
    return "".join(ALPHABET[ord(char) % len(ALPHABET)] for char in text)


@given(LABEL, st.integers(100_000, 2**32 - 1), RANDOM)
def test_pods_and_replica_sets_of_a_deployment(name: str, number: int, end: str) -> None:
    replica_set = f"{name}-{safely_encoded(str(number))}"
    assert workload_of("ReplicaSet", replica_set) == Workload(("Deployment",), name)
    assert workload_of("Pod", f"{replica_set}-{end}") == Workload(("Deployment",), name)


@given(LABEL, st.integers(0, 9_999))
def test_pods_of_a_stateful_set(name: str, number: int) -> None:
    assert workload_of("Pod", f"{name}-{number}") == Workload(("StatefulSet",), name)


@given(LABEL, st.integers(26_000_000, 39_999_999), RANDOM)
def test_jobs_and_pods_of_a_cron_job(name: str, minute: int, end: str) -> None:
    assert workload_of("Job", f"{name}-{minute}") == Workload(("CronJob",), name)
    assert workload_of("Pod", f"{name}-{minute}-{end}") == Workload(("CronJob",), name)


@given(st.from_regex(r"\A[a-z]{1,12}\Z"), RANDOM)
def test_pods_with_a_random_end_can_be_of_several_kinds(name: str, end: str) -> None:
    """Of five digits it can be a StatefulSet's too; the name is the same."""
    workload = workload_of("Pod", f"{name}-{end}")
    assert workload.name == name
    assert workload.kinds == NODES and workload.kind == ""


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_name_has_a_workload_that_begins_it(name: str, node: str) -> None:
    workload = workload_of("Pod", name, node)
    assert name.startswith(workload.name) and workload.kinds
    assert workload.name or not name


@given(LABEL, RANDOM, RANDOM)
def test_pods_of_one_workload_meet(name: str, one: str, other: str) -> None:
    owner = f"{name}-{safely_encoded(str(zlib.crc32(name.encode()) | 0x80000000))}"
    assert workload_of("Pod", f"{owner}-{one}") == workload_of("Pod", f"{owner}-{other}")


@pytest.mark.parametrize(
    "name",
    ["nginx", "my-proxy", "kube-dns", "redis-master", "web-frontend", "import-20240101-alpha", "db-00"],
)
def test_names_of_people_stay_their_own(name: str) -> None:
    assert workload_of("Pod", name) == Workload(("Pod",), name)


@pytest.mark.parametrize("kind", ["Node", "Deployment", "Service", ""])
def test_other_kinds_are_their_own(kind: str) -> None:
    assert workload_of(kind, "web-7c5ddbdf54-x2k9p") == Workload((kind,), "web-7c5ddbdf54-x2k9p")


def test_hashes_of_other_tools() -> None:
    assert workload_of("Pod", "web-7d4b9c6e5a-abcde").name == "web"
    assert (
        workload_of("Pod", "agent-cluster01-x2k9p").name == "agent-cluster01"
    )  # no hash: several DaemonSets


def test_static_pods_are_one_workload_on_all_nodes() -> None:
    assert workload_of("Pod", "kube-apiserver-master-a", "master-a") == Workload(("Pod",), "kube-apiserver")
    assert workload_of("Pod", "master-a", "master-a").name == "master-a"


def test_names_that_were_cut_to_63_characters() -> None:
    deployment = "a-deployment-whose-name-leaves-no-room-for-all-of-it"
    base = f"{deployment}-7c5ddbdf54-"[:58]
    assert workload_of("Pod", f"{base}x2k9p").name == deployment
    longer = "b" * 70
    assert workload_of("Pod", f"{longer[:58]}x2k9p") == workload_of("Pod", f"{longer[:58]}b8dqz")
