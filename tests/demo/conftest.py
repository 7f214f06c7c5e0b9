from __future__ import annotations

from typing import Any

import pytest

from eventcenter.demo import simulate

DAY = 86_400_000
END = 1_795_438_000_000
"""2026-11-23T12:46:40Z"""
SEED = 1


@pytest.fixture(scope="session")
def week() -> list[dict[str, Any]]:
    """A week of the playground, with its default seed."""
    return list(simulate(SEED, END - 7 * DAY, END))
