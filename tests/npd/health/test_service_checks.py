"""The built-in checks of kubelet and kube-proxy, and the repair command that is off without leave."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from npd.checks.frame import OK, Host, Outcome, bad
from npd.checks.settings import build
from npd.health.repair import Repair
from tests.npd.checks.looking import Clock, seen
from tests.npd.health.test_health_checker import service


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST_ADDRESS", "127.0.0.1")


@pytest.mark.usefixtures("port")
def test_a_kubelet_that_stops_answering_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with service(healthz=200) as number:
        monkeypatch.setenv("KUBELET_PORT", str(number))
        check = seen("kubelet", Host())
        check.look()
    for _ in range(3):
        check.look()
    assert check.conditions["KubeletUnhealthy"].status == "True"
    assert "connection refused" in check.conditions["KubeletUnhealthy"].message
    with service(number, healthz=200):
        check.look()
    assert check.told == [("Warning", "KubeletUnhealthy"), ("Normal", "KubeletIsHealthy")]


@pytest.mark.usefixtures("port")
def test_what_never_answered_is_not_applicable_unless_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    with service() as closed_after:
        pass
    monkeypatch.setenv("KUBEPROXY_PORT", str(closed_after))

    assert seen("kube-proxy", Host()).look().outcome is Outcome.NOT_APPLICABLE
    assert seen("kube-proxy", Host(), required=True).look().outcome is Outcome.BAD


def test_a_repair_command_is_refused_without_leave() -> None:
    settings = {"checks": {"kubelet": {"repair_command": ["systemctl", "kill", "kubelet"]}}}

    with pytest.raises(
        ValueError, match=r"^checks\.kubelet\.repair_command: refused, the agent was not started with leave"
    ):
        build(settings)
    assert any(check.name == "kubelet" for check in build(settings, may_repair=True).checks)


def test_a_repair_waits_for_bad_looks_in_a_row_and_for_its_cooldown() -> None:
    clock = Clock()
    ran: list[list[str]] = []

    def run(command: Sequence[str], timeout: float) -> str:
        ran.append(list(command))
        raise OSError("failed")  # which is logged, and no trouble

    findings = {"o": OK, "b": bad("x")}
    looks = iter("bbobbbbbbbb")
    look = Repair(["fix"], 3, 120, clock, run).around(lambda: findings[next(looks)])
    repaired = []
    for at in range(11):
        clock.now += 30
        look()
        if len(ran) > len(repaired):
            repaired.append(at)
    assert repaired == [5, 9]
