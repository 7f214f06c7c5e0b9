"""The inventory of the simulated cluster: its nodes and what runs on them."""

from __future__ import annotations

from dataclasses import dataclass

from eventcenter.demo.chance import template_hash, uid
from eventcenter.demo.events import Ref

REGISTRY = "registry.example.com"


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    pool: str
    """`steady` nodes never fail: the failing rollouts are told there. Outages and memory pressure hit
    `general` ones; `data` has the big processes."""

    def ref(self) -> Ref:
        """As kubelet and node-problem-detector name it: the name for a uid."""
        return Ref("Node", "", self.name, self.name, "")

    def api_ref(self, seed: int) -> Ref:
        return Ref("Node", "", self.name, uid(seed, "node", self.name))


NODES = (
    Node("control-plane-1", "control"),
    Node("worker-1", "steady"),
    Node("worker-2", "steady"),
    Node("worker-3", "steady"),
    Node("worker-4", "general"),
    Node("worker-5", "general"),
    Node("worker-6", "general"),
    Node("worker-data-1", "data"),
)


def pool(name: str) -> tuple[str, ...]:
    return tuple(node.name for node in NODES if node.pool == name)


@dataclass(frozen=True, slots=True)
class Workload:
    namespace: str
    name: str
    kind: str = "Deployment"
    replicas: int = 2
    peak: int = 0
    """How many replicas its HorizontalPodAutoscaler adds in the busiest hours; 0: it has none."""
    pool: str = "general"
    port: int = 8080
    process: str = "java"
    traits: frozenset[str] = frozenset()
    """`leaks` memory, fails its `probes`, is `greedy` (evicted first)."""

    @property
    def image(self) -> str:
        return f"{REGISTRY}/{self.namespace}/{self.name}"

    def ref(self, seed: int) -> Ref:
        return Ref(
            self.kind, self.namespace, self.name, uid(seed, self.kind, self.namespace, self.name), "apps/v1"
        )

    def autoscaler(self, seed: int) -> Ref:
        identity = uid(seed, "hpa", self.namespace, self.name)
        return Ref("HorizontalPodAutoscaler", self.namespace, self.name, identity, "autoscaling/v2")

    def replica_set(self, seed: int, since: int) -> str:
        """Name of the ReplicaSet of the version rolled out at `since`."""
        return f"{self.name}-{template_hash(seed, self.namespace, self.name, since)}"

    def replica_set_ref(self, seed: int, name: str) -> Ref:
        return Ref("ReplicaSet", self.namespace, name, uid(seed, "rs", self.namespace, name), "apps/v1")


@dataclass(frozen=True, slots=True)
class Cron:
    namespace: str
    name: str
    every: int
    """Minutes between runs; `at` minutes after their beginning (UTC)."""
    at: int = 0
    seconds: int = 30
    fails: float = 0.01


def _traits(*names: str) -> frozenset[str]:
    return frozenset(names)


WORKLOADS = (
    Workload("shop", "frontend", replicas=3, peak=5, pool="steady", port=3000, process="node"),
    Workload("shop", "checkout", replicas=3, peak=3, pool="steady", traits=_traits("probes")),
    Workload("shop", "cart", replicas=2, peak=2, process="cart-server", traits=_traits("probes")),
    Workload("shop", "recommendations", replicas=3, pool="steady", process="python3"),
    Workload("shop", "catalog", replicas=3, traits=_traits("greedy")),
    Workload("payments", "ledger", replicas=3, pool="steady", traits=_traits("leaks")),
    Workload("payments", "gateway", replicas=2, peak=2, process="gateway"),
    Workload("payments", "fraud-scoring", replicas=2, pool="steady", process="python3"),
    Workload("search", "search-api", replicas=3, peak=3, traits=_traits("probes")),
    Workload("search", "indexer", replicas=2, pool="steady", traits=_traits("leaks")),
    Workload("search", "suggest", replicas=2, pool="steady", process="suggest"),
    Workload("data", "postgres", "StatefulSet", replicas=2, pool="data", port=5432, process="postgres"),
    Workload("data", "kafka", "StatefulSet", replicas=3, port=9092),
    Workload("data", "reports", replicas=3, process="python3", traits=_traits("greedy", "leaks")),
    Workload("data", "spark-worker", replicas=2, pool="data", traits=_traits("leaks")),
    Workload("platform", "feature-flags", replicas=2, pool="steady", process="flagd"),
    Workload("platform", "image-resizer", replicas=2, peak=3, pool="steady", process="resizer"),
    Workload("platform", "mailer", replicas=2, process="ruby"),
    Workload("monitoring", "grafana", replicas=1, port=3000, process="grafana"),
    Workload(
        "monitoring", "prometheus", "StatefulSet", replicas=1, pool="data", port=9090, process="prometheus"
    ),
    Workload("monitoring", "node-exporter", "DaemonSet", port=9100, process="node_exporter"),
    Workload("monitoring", "fluent-bit", "DaemonSet", port=2020, process="fluent-bit"),
    Workload("ingress-nginx", "ingress-nginx-controller", replicas=2, port=10254, process="nginx"),
    Workload("kube-system", "coredns", replicas=2, port=8181, process="coredns"),
    Workload("kube-system", "metrics-server", replicas=1, port=10250, process="metrics-server"),
    Workload("staging", "checkout", replicas=1, pool="steady"),
    Workload("staging", "frontend", replicas=1, pool="steady", port=3000, process="node"),
)

CRASHING = (
    ("payments", "ledger"),
    ("search", "indexer"),
    ("staging", "checkout"),
    ("shop", "recommendations"),
    ("shop", "checkout"),
)
"""Whose rollouts go wrong in turn with a version that crashes."""

MISTYPED = (
    ("staging", "frontend"),
    ("payments", "fraud-scoring"),
    ("search", "suggest"),
    ("platform", "feature-flags"),
    ("platform", "image-resizer"),
)
"""Whose rollouts go wrong in turn with an image that cannot be pulled."""

CRONS = (
    Cron("payments", "settlement-sync", every=15, seconds=40, fails=0.02),
    Cron("shop", "stock-refresh", every=30, at=7, seconds=75),
    Cron("data", "etl-orders", every=60, at=12, seconds=400, fails=0.04),
    Cron("search", "synonyms", every=180, at=33, seconds=90),
    Cron("monitoring", "probe-external", every=30, at=20, seconds=12, fails=0.03),
    Cron("data", "postgres-backup", every=1440, at=125, seconds=1900, fails=0.1),
    Cron("platform", "report-mail", every=1440, at=390, seconds=120, fails=0.1),
)
