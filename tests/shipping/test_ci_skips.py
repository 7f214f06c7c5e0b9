"""CI fails when a layer of tests silently does not run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "skips.py"


def check(folder: Path, case: str) -> subprocess.CompletedProcess[str]:
    report = folder / "tests.xml"
    report.write_text(
        f'<testsuites><testsuite><testcase classname="a" name="b">{case}</testcase></testsuite></testsuites>'
    )
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(report)], capture_output=True, text=True, timeout=30
    )


@pytest.mark.parametrize(
    "case",
    [
        "",
        '<skipped type="pytest.xfail" message="known" />',
        '<failure message="pytest has failed the run already" />',
    ],
)
def test_says_nothing_when_all_ran(tmp_path: Path, case: str) -> None:
    done = check(tmp_path, case)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_names_the_test_that_was_skipped(tmp_path: Path) -> None:
    done = check(tmp_path, '<skipped type="pytest.skip" message="no Chromium on PATH" />')
    assert done.returncode == 1
    assert done.stderr == "ci: skipped, though it can run here: a.b: no Chromium on PATH\n"
