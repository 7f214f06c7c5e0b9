"""`eventcenter npd replay`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eventcenter.cli import run_command

HUNG = "INFO: task docker:20744 blocked for more than 120 seconds."
RULE = {"type": "temporary", "reason": "Bad", "pattern": "bad \\d+"}
DECLARED = {"type": "C", "reason": "Ok", "message": "fine"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_text(f"  bad 1\t\n\n{HUNG}\nbad é 2\n")
    return path


def config(path: Path, **values: Any) -> str:
    path.write_text(json.dumps({"plugin": "kmsg", "source": "s", "rules": [RULE], **values}))
    return str(path)


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_events_and_conditions(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config(tmp_path / "f.json", conditions=[DECLARED])
    assert run_command(["npd", "replay", "--config", path, "--input", str(log)]) == 0
    assert printed(capsys) == [
        {
            "kind": "event",
            "type": "Warning",
            "reason": "Bad",
            "status": None,
            "message": "bad 1",
            "source": "s",
        },
        {
            "kind": "condition",
            "type": "C",
            "reason": "Ok",
            "status": "False",
            "message": "fine",
            "source": "s",
        },
    ]


def test_our_own_rules_when_none_are_given(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["npd", "replay", "--input", str(log)]) == 0
    reported = printed(capsys)
    assert [each["reason"] for each in reported if each["kind"] == "event"] == ["TaskHung", "DockerHung"]
    assert {each["type"]: each["status"] for each in reported if each["kind"] == "condition"}[
        "KernelDeadlock"
    ] == "True"


def test_a_wrong_file_is_told_and_the_others_run(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = config(tmp_path / "good.json"), config(tmp_path / "bad.json", lookback="5")
    code = run_command(["npd", "replay", "--config", bad, "--config", good, "--input", str(log)])
    streams = capsys.readouterr()
    assert code == 2
    assert "lookback: '5' is no duration" in streams.err and bad in streams.err
    assert [json.loads(line)["reason"] for line in streams.out.splitlines()] == ["Bad"]


def test_what_is_surely_not_meant_is_a_warning(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule = RULE | {"type": "permanent", "condition": "Gone"}
    path = config(tmp_path / "f.json", rules=[rule])
    assert run_command(["npd", "replay", "--config", path, "--input", str(log)]) == 0
    assert "warning: " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--input", "/no/such/log"], ["--input", "-", "--nonsense"]])
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["npd", "replay", *arguments]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
