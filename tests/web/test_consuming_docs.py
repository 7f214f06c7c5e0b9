"""The examples of docs/consuming.md run, in their order, against a real center."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.web.real_center import RealSite

DOC = Path(__file__).parents[2] / "docs" / "consuming.md"
EXAMPLES = re.findall(r"^    (curl .*)$", DOC.read_text(), re.MULTILINE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_examples_run(tmp_path: Path) -> None:
    with RealSite(tmp_path / "data") as real:
        real.put(10)
        for example in EXAMPLES:
            done = subprocess.run(
                example,
                shell=True,
                capture_output=True,
                text=True,
                timeout=30,
                env={"CENTER": real.site.url, "PATH": "/usr/bin:/bin"},
            )
            streamed = "--max-time" in example
            assert done.returncode == (28 if streamed else 0), (example, done)
            assert '"error"' not in done.stdout, (example, done.stdout)
            assert ("retry:" in done.stdout) == streamed
            assert done.stdout or "DELETE" in example
    assert len(EXAMPLES) == 8
