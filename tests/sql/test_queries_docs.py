"""docs/queries.md names every function and column that there is, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eventcenter.sql.columns import PLAIN
from eventcenter.sql.functions import all_names
from tests.sql.conftest import Ask

TEXT = (Path(__file__).parents[2] / "docs" / "queries.md").read_text().partition("\n## SQL\n")[2]


def test_every_name_is_documented() -> None:
    named = set(re.findall(r"`(\w+)`", TEXT)) | set(re.findall(r"`(\w+)\(", TEXT))
    assert {*all_names(), *PLAIN} <= named


@pytest.mark.parametrize("example", re.findall(r"^    (\S.*\|.*)$", TEXT, re.MULTILINE))
def test_an_example_runs(ask: Ask, example: str) -> None:
    assert ask(example).rows
