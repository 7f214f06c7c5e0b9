"""`config check` tells what is in force, where it came from, and starts nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import yaml

from eventcenter.config import load
from eventcenter.settings import TABLE

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_it_prints_yaml_that_means_the_same(command: Command, home: Path) -> None:
    (home / "eventcenter.yaml").write_text("retention: 30d\nnamespaces: [shop]\n")
    done = command("config", "check", "--listen", ":9000", env={"EVENTCENTER_LOG_FORMAT": "json"})
    assert done.returncode == 0, done.stderr
    shown = yaml.safe_load(done.stdout)
    assert list(shown) == [row.key for row in TABLE]
    assert shown["retention"] == "30d"
    assert shown["namespaces"] == ["shop"]
    assert shown["listen"] == "0.0.0.0:9000"
    again = home / "again.yaml"
    again.write_text(done.stdout)
    first = load({"listen": ":9000", "log_format": "json"}, file=home / "eventcenter.yaml", env={})
    assert load({}, file=again, env={}).settings.retention_ms == first.settings.retention_ms
    assert load({}, file=again, env={}).settings.listen == first.settings.listen


def test_it_tells_where_each_value_came_from(command: Command, home: Path) -> None:
    (home / "eventcenter.yaml").write_text("retention: 30d\n")
    done = command("config", "check", "--listen", ":9000", env={"EVENTCENTER_LOG_FORMAT": "json"})
    origins = dict(line.split("  # ") for line in done.stdout.splitlines())
    by_key = {line.split(":")[0]: origin for line, origin in origins.items()}
    assert by_key["retention"] == "eventcenter.yaml: retention"
    assert by_key["listen"] == "--listen"
    assert by_key["log_format"] == "EVENTCENTER_LOG_FORMAT"
    assert by_key["instance"] == "default"


def test_it_hides_a_password_in_the_source(command: Command) -> None:
    done = command("config", "check", "--source", "kubernetes:https://user:SECRET@host:6443?insecure=true")
    assert done.returncode == 0, done.stderr
    assert "SECRET" not in done.stdout + done.stderr
    assert "kubernetes:https://***@host:6443" in done.stdout


def test_a_bad_source_is_found(command: Command) -> None:
    done = command("config", "check", "--source", "kubernetes:https://host?inCluster=false")
    assert done.returncode == 2
    assert "inCluster" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_it_starts_and_creates_nothing(command: Command, home: Path) -> None:
    assert command("config", "check", "--data-dir", str(home / "data")).returncode == 0
    assert list(home.iterdir()) == []


def test_a_file_of_the_node_checks_that_is_wrong_is_named(command: Command, home: Path) -> None:
    (home / "kernel.json").write_text('{"plugin": "kmsg", "lookback": "5"}')
    done = command("config", "check", "--npd", "--npd-config", "kernel.json", "--npd-config", "missing.json")
    assert done.returncode == 2
    first, *rest = done.stderr.splitlines()
    assert first.startswith("eventcenter: kernel.json: lookback: '5' is no duration")
    assert any("missing.json" in line for line in rest) and "Traceback" not in done.stderr
