"""What stands in for programs of the original."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from npd.checks.frame import Host
from npd.config import PluginConfig, load_object
from npd.config.model import PluginRule
from npd.config.plugins import BUILTINS
from npd.monitors.plugin_rules import Outcome, PluginRules, Result
from npd.monitors.stand_ins import LOOKS, Means, StandIn
from tests.npd.cases import CASES, CONFIGS, Case


def result_of(rule: PluginRule, means: Means | None = None, max_output: int = 80) -> Result:
    return StandIn(rule, 5.0, max_output, means or Means()).finish()


def rule_of(name: str, *args: str) -> PluginRule:
    return PluginRule("R", f"/nowhere/{name}", args, builtin=name)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of programs that come before all others."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return directory


def scripted(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_each_has_a_look() -> None:
    assert LOOKS.keys() == BUILTINS


def test_the_counter_counts_the_journal(program: Path) -> None:
    entry = '{"MESSAGE": "Started kubelet.service - Kubernetes kubelet.", "__REALTIME_TIMESTAMP": "1", "__CURSOR": "c"}'
    scripted(program / "journalctl", f"for i in 1 2 3 4 5; do echo '{entry}'; done")
    config = load_object(json.loads((CONFIGS / "systemd-monitor-counter.json").read_text()), "f").config
    assert isinstance(config, PluginConfig)
    kubelet, docker, _ = (PluginRule(**_without_directory(rule)) for rule in config.rules)
    said = "Found 5 matching logs, which meets the threshold of 5"
    assert result_of(kubelet) == Result(Outcome.NON_OK, said)
    assert result_of(docker) == Result(Outcome.OK, "")


def _without_directory(rule: PluginRule) -> dict[str, object]:
    values = {name: getattr(rule, name) for name in PluginRule.__slots__}
    return values | {"args": tuple(arg for arg in rule.args if "log-path" not in arg)}


def test_starts_are_taken_back_by_stops(program: Path) -> None:
    words = ["Started", "Stopping", "Started", "Stopping", "Started"]
    lines = [f'{{"MESSAGE": "{word} x", "__REALTIME_TIMESTAMP": "1", "__CURSOR": "c"}}' for word in words]
    scripted(program / "journalctl", "".join(f"echo '{line}'\n" for line in lines))
    args = ("--journald-source", "systemd", "--pattern=Started x", "--revert-pattern=Stopping x", "--count=2")
    assert result_of(rule_of("log-counter", *args)).outcome is Outcome.OK
    assert result_of(rule_of("log-counter", *args[:-1], "--count=1")).outcome is Outcome.NON_OK


def test_a_counter_without_a_journal_does_not_apply(tmp_path: Path) -> None:
    rule = rule_of("log-counter", "--pattern=x", f"--log-path={tmp_path}/none")
    assert not result_of(rule).applicable


def test_a_counter_with_a_journal_that_cannot_be_read_cannot_tell(program: Path) -> None:
    scripted(program / "journalctl", "exit 1")
    result = result_of(rule_of("log-counter", "--pattern=x"))
    assert (result.outcome, result.applicable) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["id"].startswith(("C20", "C21"))], ids=lambda case: case["id"]
)
def test_conntrack_cases(case: Case, tmp_path: Path) -> None:
    for name, text in case["input"]["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    config = load_object(json.loads((CONFIGS / "network-problem-monitor.json").read_text()), "f").config
    assert isinstance(config, PluginConfig)
    rule = config.rules[0]
    result = result_of(rule, Means(Host(proc=tmp_path)), config.max_output)
    events = PluginRules(config, 0.0).apply(rule, result, 1.0)
    assert [event.reason for event in events] == [each["reason"] for each in case["expected"]]
    for event, expected in zip(events, case["expected"], strict=True):
        assert expected["message_substring"] in event.message


def test_a_node_without_conntrack_has_no_problem_with_it(tmp_path: Path) -> None:
    config = load_object(json.loads((CONFIGS / "network-problem-monitor.json").read_text()), "f").config
    assert isinstance(config, PluginConfig)
    result = result_of(config.rules[0], Means(Host(proc=tmp_path)))
    assert not result.applicable
    assert PluginRules(config, 0.0).apply(config.rules[0], result, 1.0) == []


def test_a_kubelet_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("HOST_ADDRESS", "127.0.0.1")
    monkeypatch.setenv("KUBELET_PORT", str(port))
    result = result_of(rule_of("health-checker", "--component=kubelet", "--health-check-timeout=2s"))
    assert result.outcome is Outcome.NON_OK
    assert result.message.startswith("kubelet:kubelet was found unhealthy")


@pytest.mark.parametrize(
    ("legacy", "nft", "outcome"), [(2, 3, Outcome.NON_OK), (0, 3, Outcome.OK), (2, 0, Outcome.OK)]
)
def test_iptables_of_two_kinds(program: Path, legacy: int, nft: int, outcome: Outcome) -> None:
    for kind, count in (("legacy", legacy), ("nft", nft)):
        scripted(
            program / f"iptables-{kind}-save", "echo '*filter'\n" + "echo '-A INPUT -j ACCEPT'\n" * count
        )
    assert result_of(rule_of("iptables_mode.sh")).outcome is outcome
