from __future__ import annotations

from pathlib import Path

import pytest

from npd.options import Options, WrongUse, parse


def test_a_command_line_of_the_original_keeps_working() -> None:
    line = (
        "--logtostderr --v=2 -port 0 "
        "--config.system-log-monitor=/config/kernel-monitor.json,/config/readonly-monitor.json "
        "--config.system-log-monitor=/config/docker-monitor.json "
        "--config.custom-plugin-monitor=/config/ntp.json --config.system-stats-monitor /config/stats.json "
        "--prometheus-address=0.0.0.0 --prometheus-port=20257 --enable-k8s-exporter=true "
        "--k8s-exporter-heartbeat-period=1m30s --event-namespace=kube-system --hostname-override=node-7 "
        "--apiserver-override=https://10.0.0.1:6443?inClusterConfig=false&auth=/etc/kubeconfig --kube-api-qps=500"
    )
    options = parse(line.split(), {})
    assert [str(path) for path in options.log_configs] == [
        "/config/kernel-monitor.json",
        "/config/readonly-monitor.json",
        "/config/docker-monitor.json",
    ]
    assert options.configs[3:] == (Path("/config/ntp.json"), Path("/config/stats.json"))
    assert (options.port, options.prometheus_address, options.prometheus_port) == (0, "0.0.0.0", 20257)
    assert (options.heartbeat, options.event_namespace, options.node) == (90.0, "kube-system", "node-7")
    assert (options.server, options.kubeconfig) == ("https://10.0.0.1:6443", "/etc/kubeconfig")
    assert set(options.ignored) == {"--logtostderr", "--v", "--kube-api-qps"}


def test_without_flags_the_defaults_hold() -> None:
    options = parse([], {"NODE_NAME": "from-the-pod"})
    assert options == Options(node="from-the-pod")


def test_the_node_is_the_host_where_nobody_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Worker-1")
    assert parse([], {}).node == "worker-1"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--port=70000", "'70000' is no port"),
        ("--enable-k8s-exporter=maybe", "'maybe' is neither true nor false"),
        ("--k8s-exporter-heartbeat-period=5", "'5' is no duration"),
        ("--k8s-exporter-heartbeat-period=0s", "is not more than 0"),
        ("--exporter.stackdriver=x", "--exporter.stackdriver"),
        ("--conf=x", "--conf"),
        ("stray", "stray"),
    ],
)
def test_what_is_wrong_is_one_line(line: str, said: str) -> None:
    with pytest.raises(WrongUse) as failed:
        parse(line.split(), {})
    assert said in str(failed.value) and "\n" not in str(failed.value)


@pytest.mark.parametrize(
    "line", ["--enable-k8s-exporter=false", "--enable-k8s-exporter=F", "-enable-k8s-exporter=0"]
)
def test_switches_take_what_go_takes(line: str) -> None:
    assert parse([line], {}).kubernetes is False
    assert parse([line.partition("=")[0]], {}).kubernetes is True
