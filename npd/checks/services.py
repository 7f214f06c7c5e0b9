"""Kubelet and kube-proxy answer at their health addresses. On by default, and not applicable where nobody has ever
answered: which nodes have a kube-proxy, and which of them can be reached from here, nobody says beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, not_applicable
from npd.health import endpoints
from npd.health.repair import Repair


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    answer_within_ms: int = 5000
    required: bool = False
    """Bad, in place of not applicable, also when it never answered."""
    repair_command: tuple[str, ...] = ()
    """Program and arguments to run when it is unhealthy, as in systemctl, kill, kubelet. Refused unless the agent was
    started with leave to repair."""
    repair_cooldown_s: int = 300
    """Seconds between two repairs, and from the start of the agent to the first one."""
    repair_after: int = 3
    """Bad looks in a row that it takes."""

    def __post_init__(self) -> None:
        if self.answer_within_ms < 1 or self.repair_cooldown_s < 0 or self.repair_after < 1:
            raise ValueError(
                "answer_within_ms and repair_after must be 1 or more, repair_cooldown_s 0 or more"
            )


class _Service:
    def __init__(self, endpoint: endpoints.Endpoint, options: ServiceOptions) -> None:
        self._endpoint = endpoint
        self._timeout = options.answer_within_ms / 1000
        self._known = options.required

    def look(self) -> Finding:
        answer = endpoints.ask(self._endpoint, self._timeout)
        self._known = self._known or answer.reached
        if answer.healthy:
            return OK
        return (
            bad(answer.detail) if self._known else not_applicable(f"nobody has answered yet: {answer.detail}")
        )


def _maker(endpoint: Callable[[], endpoints.Endpoint]) -> Callable[[Node, ServiceOptions], dict[str, Look]]:
    def make(node: Node, options: ServiceOptions) -> dict[str, Look]:
        look = _Service(endpoint(), options).look
        if not options.repair_command:
            return {"": look}
        if not node.may_repair:
            raise ValueError("repair_command: refused, the agent was not started with leave to repair")
        repair = Repair(options.repair_command, options.repair_after, options.repair_cooldown_s, node.steady)
        return {"": repair.around(look)}

    return make


_PACE = Pace(period=30, timeout=15, bad=3, of=3, good=1)
_NEEDS = "the host's network (both listen on 127.0.0.1), or HOST_ADDRESS"
KUBELET = Kind(
    "kubelet",
    "the kubelet answers at :10248/healthz (KUBELET_PORT)",
    ServiceOptions,
    Words(
        "KubeletUnhealthy",
        "KubeletUnhealthy",
        "KubeletIsHealthy",
        "kubelet on the node is functioning properly",
    ),
    _PACE,
    _maker(endpoints.kubelet),
    needs=_NEEDS,
)
KUBE_PROXY = Kind(
    "kube-proxy",
    "kube-proxy answers at :10256/livez, before 1.32 /healthz (KUBEPROXY_PORT)",
    ServiceOptions,
    Words(
        "KubeProxyUnhealthy",
        "KubeProxyUnhealthy",
        "KubeProxyIsHealthy",
        "kube-proxy on the node is functioning properly",
    ),
    _PACE,
    _maker(endpoints.kube_proxy),
    needs=_NEEDS,
)
