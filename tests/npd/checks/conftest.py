from __future__ import annotations

from pathlib import Path

import pytest

from tests.npd.checks.looking import FakeHost


@pytest.fixture
def fake(tmp_path: Path) -> FakeHost:
    return FakeHost(tmp_path)
