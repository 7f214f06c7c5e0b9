"""`eventcenter doctor`: a line for each finding, JSON, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eventcenter.cli import run_command
from eventcenter.settings import Settings
from tests.doctor.scripted import Cluster


def test_a_healthy_cluster_exits_0(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command(arguments(settings))
    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert all(line.split()[0] in ("ok", "warn") for line in lines)
    assert lines[0].startswith("ok    settings")


def arguments(settings: Settings) -> list[str]:
    given = ["--kubeconfig", str(settings.kubeconfig), "--data-dir", str(settings.data_dir)]
    return ["doctor", "--listen", str(settings.listen), *given]


def test_json_and_exit_1_when_a_check_fails(
    settings: Settings, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.routes["/version"] = lambda asked: (502, b"")
    assert run_command([*arguments(settings), "-o", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert {"check", "status", "message", "remedy"} == set(told["checks"][0])
    assert [check["check"] for check in told["checks"] if check["status"] == "fail"] == ["server"]


def test_wrong_settings_are_findings_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "eventcenter.yaml").write_text("listen: nowhere\nretension: 1d\n")
    assert run_command(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("fail  settings") for line in lines)


def test_without_a_cluster_everything_else_is_still_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["doctor", "--data-dir", str(tmp_path / "d"), "--listen", "127.0.0.1:1"]) == 1
    text = capsys.readouterr().out
    assert "fail  cluster" in text and "eventcenter demo" in text
    assert "data directory" in text and "disk" in text and "center" in text


def test_what_a_server_says_cannot_write_to_the_terminal(
    settings: Settings, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.routes["/version"] = lambda asked: (200, {"gitVersion": "v1\x1b[2J\nfail  fake"})
    run_command(arguments(settings))
    text = capsys.readouterr().out
    assert "\x1b[2J" not in text
    assert "\nfail  fake" not in text
