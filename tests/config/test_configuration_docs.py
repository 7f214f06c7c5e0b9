"""docs/configuration.md is what the table of settings says."""

from __future__ import annotations

from pathlib import Path

from eventcenter.config import DEFAULT_FILE, load
from eventcenter.configdoc import explanations, render
from eventcenter.settings import TABLE

DOC = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_document_is_up_to_date() -> None:
    assert DOC.read_text() == render(), "python -m eventcenter.configdoc > docs/configuration.md"


def test_every_setting_is_explained() -> None:
    texts = explanations()
    for row in TABLE:
        assert row.help.endswith("."), row
        assert len(texts[row.field]) > 20, row


def test_names_are_unique_and_of_one_form() -> None:
    for names in ([row.key for row in TABLE], [row.env for row in TABLE], [row.flag for row in TABLE]):
        assert len(set(names)) == len(names)
    assert all(row.env == f"EVENTCENTER_{row.key.upper()}" for row in TABLE)


def test_the_default_that_the_document_tells_is_the_default(tmp_path: Path) -> None:
    (tmp_path / DEFAULT_FILE).write_text("")
    defaults = load({}, env={}, cwd=tmp_path).settings
    for row in TABLE:
        if row.field in ("retention_ms", "listen", "instance", "log_level", "log_format"):
            assert row.parse(row.default_text) == getattr(defaults, row.field)
