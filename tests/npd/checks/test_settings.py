"""Settings: what they change, and that each mistake is one clear line."""

from __future__ import annotations

from typing import Any

import pytest

from npd.checks.catalogue import KINDS
from npd.checks.frame import Pace
from npd.checks.settings import build


def test_defaults_leave_out_what_has_no_targets_and_what_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    built = build({})

    names = {check.name for check in built.checks}
    assert names | set(built.off) == {kind.name for kind in KINDS}
    nothing, off = "nothing to look at is configured", "off by default"
    assert built.off == {
        **dict.fromkeys(["egress-dns", "egress-tcp", "egress-http"], nothing),
        **dict.fromkeys(["csi-volumes", "programs", "spot-release"], off),
    }


def test_in_a_pod_the_way_to_the_api_server_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")

    names = {check.name for check in build({}).checks if check.name.startswith("egress")}
    assert names == {"egress-dns kubernetes.default", "egress-tcp [fd00::1]:6443"}


def test_names_are_acks_by_default_and_upstreams_by_switch() -> None:
    def words(names: str) -> dict[str, tuple[str, str]]:
        return {c.name: (c.words.condition, c.words.reason) for c in build({"names": names}).checks}

    assert words("ack")["runtime"] == ("RuntimeOffline", "RuntimeDaemonOffline")
    assert words("ack")["docker"] == ("DockerOffline", "DockerDaemonOffline")
    assert words("ack")["pid"] == ("NodePIDPressure", "NodeHasPIDPressure")
    assert words("upstream")["runtime"] == ("ContainerRuntimeUnhealthy", "ContainerdUnhealthy")
    for names in ("ack", "upstream"):
        conditions = [condition for condition, _ in words(names).values() if condition]
        assert len(conditions) == len(set(conditions))
        assert not set(conditions) & {
            "DiskPressure",
            "MemoryPressure",
            "PIDPressure",
            "Ready",
            "NetworkUnavailable",
        }


def test_a_condition_of_another_monitor_is_left_to_it() -> None:
    taken = {"ReadonlyFilesystem", "NTPProblem"}
    built = build({"checks": {"clock": {"enabled": True}}}, taken=taken)

    assert built.off["read-only"] == "condition ReadonlyFilesystem belongs to a configuration file"
    assert "clock" not in built.off


def test_a_check_takes_its_own_pace_and_words() -> None:
    own = {
        "invoke_interval": "1m30s", "timeout": "5s", "hold_down": "2m", "bad": 2, "of": 4, "good": 3,
        "condition": "C", "reason": "R", "default_reason": "D", "default_message": "M",
    }  # fmt: skip
    (check,) = (c for c in build({"checks": {"fd": own}}).checks if c.name == "fd")

    assert check.pace == Pace(90, 5, 2, 4, 3, 120)
    assert (check.words.condition, check.words.reason) == ("C", "R")
    assert (check.words.healthy_reason, check.words.healthy_message) == ("D", "M")


def test_each_target_is_a_check_and_named_when_it_is_back() -> None:
    built = build({"checks": {"egress-tcp": {"targets": ["a:1", "[::1]:2"]}}})

    found = {c.name: c.words.healthy_message for c in built.checks if c.name.startswith("egress")}
    assert found == {
        "egress-tcp a:1": "a:1: the target is reachable again",
        "egress-tcp [::1]:2": "[::1]:2: the target is reachable again",
    }


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"names": "gke"}, "names: 'gke' is none of ack, upstream"),
        ({"checks": []}, "checks: [] is no object"),
        ({"checks": {"fds": {}}}, "checks: there is no check 'fds'; there are runtime, docker"),
        ({"checks": {"fd": {"percent": 3}}}, "checks.fd: there is no 'percent'; there are threshold_percent, "),
        ({"checks": {"fd": {"threshold_percent": 180}}}, "checks.fd.threshold_percent: 180 is not a whole number"),
        ({"checks": {"fd": {"threshold_percent": "80"}}}, "checks.fd.threshold_percent: '80' is no whole number"),
        ({"checks": {"fd": {"threshold_percent": True}}}, "checks.fd.threshold_percent: True is no whole number"),
        ({"checks": {"fd": {"processes": "kubelet"}}}, "checks.fd.processes: 'kubelet' is no list of texts"),
        ({"checks": {"fd": {"enabled": "no"}}}, "checks.fd.enabled: 'no' is neither true nor false"),
        ({"checks": {"fd": {"invoke_interval": "30"}}}, "checks.fd.invoke_interval: '30' is no duration"),
        ({"checks": {"fd": {"invoke_interval": 30}}}, "checks.fd.invoke_interval: 30 is no duration"),
        ({"checks": {"fd": {"invoke_interval": "5ms"}}}, "checks.fd: period must be 1s or more"),
        ({"checks": {"fd": {"condition": "NodePIDPressure"}}}, "checks: condition NodePIDPressure is that of"),
        ({"checks": {"fd": {"bad": 3, "of": 2}}}, "checks.fd: bad 3 of 2, good 1: must be 1 <= bad <= of"),
        ({"checks": {"egress-tcp": {"targets": ["a"]}}}, "checks.egress-tcp.targets: 'a' is not HOST:PORT"),
        ({"checks": {"egress-tcp": {"targets": ["a:99999"]}}}, "checks.egress-tcp.targets: "),
        ({"checks": {"egress-http": {"urls": ["ftp://a"]}}}, "checks.egress-http.urls: 'ftp' address: must begin"),
        ({"checks": {"network-interfaces": {"exclude": "("}}}, "checks.network-interfaces.exclude: '(' is no regular"),
        ({"checks": {"kernel-taint": {"letters": ["Z"]}}}, "checks.kernel-taint.letters: 'Z' is none of M, B, D"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as caught:
        build(settings)

    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
