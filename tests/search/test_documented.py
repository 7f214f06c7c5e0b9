"""docs/queries.md names every field."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventcenter.search.fields import ALIASES, FIELDS

DOCS = (Path(__file__).parents[2] / "docs" / "queries.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*(field.name for field in FIELDS), *ALIASES])
def test_every_field_is_in_the_docs(name: str) -> None:
    assert f"`{name}`" in DOCS
