"""Real programs as plugins."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from npd.monitors.plugin_rules import Outcome, Result
from npd.monitors.programs import NOT_STARTED, Run
from tests.npd.cases import Case, cases_of

Script = Callable[..., Path]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    def made(text: str, interpreter: str = "/bin/bash", executable: bool = True) -> Path:
        path = tmp_path / "plugin.sh"
        path.write_text(f"#!{interpreter}\n{text}\n")
        path.chmod(0o755 if executable else 0o644)
        return path

    return made


def run(path: Path, timeout: float = 5.0, max_output: int = 80) -> Result:
    return Run(str(path), (), timeout, max_output).finish()


@cases_of("plugin-exec", mode="script")
def test_sample_cases(case: Case, script: Script) -> None:
    config, given = case["config"]["inline"], case["input"]
    path = script(given["script"], given["interpreter"], given.get("executable", True))
    timeout = float(config["rule"]["timeout"].removesuffix("s"))
    result = run(path, timeout, config["pluginConfig"]["max_output_length"])
    (expected,) = case["expected"]
    assert result.outcome == expected["status"]
    assert result.message == expected.get("message_exact", result.message)
    assert result.message.startswith(expected.get("message_prefix", ""))
    assert len(result.message.encode()) == expected.get("message_bytes", len(result.message.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("echo '  bad '; exit 1", Result(Outcome.NON_OK, "bad")),
        ("exit 2", Result(Outcome.UNKNOWN, "")),
        ("echo x; kill -9 $$", Result(Outcome.UNKNOWN, "x")),
        ("echo aside >&2; echo 100%; exit 1", Result(Outcome.NON_OK, "100%")),
        ("cat; echo end", Result(Outcome.OK, "end")),
    ],
)
def test_exit_codes_and_output(script: Script, text: str, expected: Result) -> None:
    assert run(script(text)) == expected


def test_the_output_is_cut_at_bytes_but_not_within_a_character(script: Script) -> None:
    assert run(script("echo aéé; exit 1"), max_output=4).message == "aé"


def test_what_cannot_be_started(script: Script, tmp_path: Path) -> None:
    expected = Result(Outcome.UNKNOWN, NOT_STARTED)
    assert run(script("exit 0", executable=False)) == expected
    assert run(script("exit 0", interpreter="/no/such/shell")) == expected
    assert run(tmp_path / "gone.sh") == expected


def test_the_text_of_a_timeout(script: Script) -> None:
    path = script("echo so far; sleep 60")
    result = run(path, timeout=0.3, max_output=4096)
    said = f'Timeout when running plugin "{path}": state - signal: killed. output - "so far"'
    assert result == Result(Outcome.UNKNOWN, said)


def test_a_timeout_ends_what_the_plugin_started_too(script: Script, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    run(script(f"sleep 60 & echo $! > {pid_file}; wait"), timeout=0.5)
    pid = int(pid_file.read_text())
    deadline = time.monotonic() + 5
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_child_that_keeps_the_output_open_holds_the_run_no_longer_than_its_time(script: Script) -> None:
    began = time.monotonic()
    result = run(script("echo done; sleep 60 & exit 0"), timeout=0.5, max_output=4096)
    assert time.monotonic() - began < 5
    assert result.outcome is Outcome.UNKNOWN
    assert result.message.endswith('state - exit status 0. output - "done"')


def test_descriptors_are_not_left_open(script: Script) -> None:
    path = script("exit 0")
    run(path)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        run(path)
    assert len(os.listdir("/proc/self/fd")) == before
