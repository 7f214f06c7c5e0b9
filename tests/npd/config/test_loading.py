"""Configuration files: what is accepted, what is refused and how that is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npd.config import (
    ConfigProblem,
    LogConfig,
    PluginConfig,
    StatsConfig,
    default_configs,
    load_files,
    load_object,
)
from npd.monitors.engine import LogEngine
from npd.monitors.matching import Line
from tests.npd.cases import CONFIGS, Case, cases_of, object_of


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_of_the_original_loads(path: Path) -> None:
    assert load_files([path]).problems == ()


def test_our_own_rules_load_without_a_word() -> None:
    selection = default_configs()
    assert (selection.problems, selection.warnings) == ((), ())
    assert {each.config.name for each in selection.loaded} >= {"kernel-monitor.json", "readonly-monitor.json"}


@cases_of("plugin-config", mode="load")
def test_sample_cases(case: Case) -> None:
    try:
        load_object(object_of(case), "f.json")
        status = "accepted"
    except ConfigProblem:
        status = "rejected"
    assert status == case["expected"][0]["status"]


def log_config(**values: Any) -> LogConfig:
    config = load_object({"plugin": "kmsg", "source": "s", **values}, "f.json").config
    assert isinstance(config, LogConfig)
    return config


def problems(values: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigProblem) as caught:
        load_object(values, "f.json")
    return list(caught.value.problems)


def test_defaults_of_a_log_monitor() -> None:
    config = log_config()
    assert (config.buffer_size, config.lookback, config.delay, config.metrics) == (10, 0, 0, True)


def test_defaults_of_a_plugin_monitor() -> None:
    config = load_object({"plugin": "custom", "source": "t"}, "f.json").config
    assert isinstance(config, PluginConfig)
    assert (config.interval, config.timeout, config.max_output, config.concurrency) == (30, 5, 80, 3)
    assert (config.message_change, config.skip_initial_status, config.metrics) == (False, False, True)


def test_keys_in_any_case_and_unknown_ones_are_told_for_debugging() -> None:
    loaded = load_object({"PLUGIN": "kmsg", "Source": "s", "BufferSize": 3, "extra": 1}, "f.json")
    assert isinstance(loaded.config, LogConfig)
    assert loaded.config.buffer_size == 3
    assert loaded.notes == ("f.json: extra: is not known and is ignored",)


def test_null_leaves_the_default_and_zero_lines_are_ten() -> None:
    assert log_config(lookback=None, rules=None, bufferSize=0).buffer_size == 10


def test_all_problems_are_told_together_with_field_and_rule() -> None:
    rules = [
        {"type": "temporary", "reason": "A", "pattern": "a(?=b)"},
        {"type": "temporary", "reason": "B", "pattern": 3},
        {"type": "permanent", "reason": "C", "pattern": "("},
    ]
    said = problems({"plugin": "kmsg", "lookback": "5", "bufferSize": "x", "rules": rules})
    assert len(said) == 5
    assert all(each.startswith("f.json: ") for each in said)
    assert any("rules[0] (A): pattern: 'a(?=b)': look-ahead" in each for each in said)
    assert any("rules[1] (B): pattern: 3 is not a string" in each for each in said)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "plugin: is missing"),
        (
            {"plugin": "syslog"},
            "plugin: 'syslog' is not known; accepted are kmsg, journald, filelog and custom",
        ),
        ({"plugin": "journald"}, "pluginConfig: source: is missing"),
        ({"plugin": "filelog"}, "pluginConfig: timestamp: is missing"),
        ({"plugin": "kmsg", "rules": {}}, "rules: {} is not a list"),
        ({"plugin": "kmsg", "rules": ["x"]}, 'rules[0]: "x" is not an object'),
        ({"plugin": "kmsg", "bufferSize": -1}, "bufferSize: -1 is too small"),
        ({"plugin": "kmsg", "metricsReporting": "yes"}, 'metricsReporting: "yes" is not true or false'),
        ({"plugin": "custom", "pluginConfig": {"concurrency": 0}}, "concurrency: 0 is too small"),
        ({"plugin": "custom", "pluginConfig": {"invoke_interval": "0s"}}, "more than 0s"),
    ],
)
def test_single_problems(values: dict[str, Any], said: str) -> None:
    assert any(said in each for each in problems(values))


def test_rules_of_plugins() -> None:
    rules = [
        {"type": "permanent", "condition": "X", "reason": "A", "path": "/bin/true"},
        {"type": "temporary", "reason": "B", "path": "/bin/true", "timeout": "6s"},
        {"type": "temporary", "reason": "C"},
        {"type": "temporary", "reason": "D", "path": "/nowhere/log-counter", "args": ["--pattern=("]},
    ]
    said = problems({"plugin": "custom", "rules": rules})
    assert [each.split(": ", 2)[1].split(" ")[1] for each in said] == ["(A)", "(B)", "(C)", "(D)"]
    assert "6s is longer than pluginConfig.timeout, 5s" in said[1]


def test_an_undeclared_condition_of_a_log_rule_is_a_warning() -> None:
    rule = {"type": "permanent", "condition": "Gone", "reason": "R", "pattern": "x"}
    loaded = load_object({"plugin": "kmsg", "source": "s", "rules": [rule]}, "f.json")
    assert any("'Gone' is not declared" in each for each in loaded.warnings)


def test_programs_of_the_original_that_are_not_here_get_a_stand_in() -> None:
    rule = {"type": "temporary", "reason": "R", "path": "/home/kubernetes/bin/health-checker"}
    config = load_object({"plugin": "custom", "source": "s", "rules": [rule]}, "f.json").config
    assert isinstance(config, PluginConfig)
    assert config.rules[0].builtin == "health-checker"


def test_system_stats_are_accepted_and_left_to_others() -> None:
    loaded = load_object({"invokeInterval": "60s", "net": {}}, "f.json")
    assert loaded.config == StatsConfig("f.json")
    assert "node-exporter" in loaded.warnings[0]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"plugin": NaN}', '{"plugin": "kmsg"} x', "[" * 100_000, "\xff"]
)
def test_what_is_no_json_object(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.json"
    path.write_bytes(text.encode("latin-1"))
    (problem,) = load_files([path]).problems
    assert problem.startswith(f"{path}: ")
    assert "\n" not in problem


def test_a_file_that_is_wrong_does_not_keep_the_others_from_loading(tmp_path: Path) -> None:
    good, bad, absent = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "absent.json"
    good.write_text(json.dumps({"plugin": "kmsg", "source": "s"}))
    bad.write_text(json.dumps({"plugin": "kmsg", "lookback": "x"}))
    selection = load_files([bad, good, absent])
    assert [each.config.name for each in selection.loaded] == [str(good)]
    assert [problem.split(": ")[0] for problem in selection.problems] == [str(bad), str(absent)]


def test_the_original_kernel_monitor_is_completed_unless_it_says_no() -> None:
    values = json.loads((CONFIGS / "kernel-monitor.json").read_text())
    completed = load_object(values, "f.json").config
    plain = load_object(values | {"builtinRules": False}, "f.json").config
    assert isinstance(completed, LogConfig) and isinstance(plain, LogConfig)
    assert len(plain.rules) == len(values["rules"])
    assert completed.rules[: len(plain.rules)] == plain.rules
    assert all(rule.added for rule in completed.rules[len(plain.rules) :])


def test_no_rule_is_added_for_a_condition_that_a_file_does_not_declare() -> None:
    values = {"plugin": "kmsg", "source": "kernel-monitor", "conditions": [], "rules": []}
    config = load_object(values, "f.json").config
    assert isinstance(config, LogConfig)
    assert config.rules
    assert not any(rule.permanent for rule in config.rules)


def test_keys_of_our_own_for_recovery() -> None:
    condition = {
        "type": "C",
        "reason": "Ok",
        "message": "",
        "ttl": "1h",
        "recheck": "blocked-task",
        "hold": "5m",
    }
    (declared,) = log_config(conditions=[condition]).conditions
    assert (declared.ttl, declared.recheck, declared.hold) == (3600, "blocked-task", 300)
    (said,) = problems({"plugin": "kmsg", "conditions": [condition | {"recheck": "magic"}]})
    assert "accepted are blocked-task, read-only-mount, shut-down-mount" in said


def test_the_documentation_names_all_reasons_and_conditions_of_our_own() -> None:
    text = (Path(__file__).parents[3] / "docs" / "npd-rules.md").read_text()
    for loaded in default_configs().loaded:
        config = loaded.config
        assert f"`{config.name}`" in text
        if isinstance(config, LogConfig) and config.name.startswith(("kernel", "readonly")):
            names = {rule.reason for rule in config.rules if not rule.permanent}
            names |= {condition.type for condition in config.conditions}
            assert [name for name in names if name not in text and not name.startswith("Cper")] == []


def test_a_large_pattern_is_accepted() -> None:
    words = "|".join(f"word{number}x{number * 7919}" for number in range(5000))
    config = log_config(rules=[{"type": "temporary", "reason": "R", "pattern": words}])
    last = words.rpartition("|")[2].encode()
    assert len(LogEngine(config, 0.0).feed([Line(1.0, b"a " + last)])) == 1
