"""Every word of the pages is there in Chinese, and the compiled catalogue is in step with its source."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "web"
FOLDER = WEB / "translations" / "zh" / "LC_MESSAGES"
HINT = "web/translations/babel.cfg says how to bring it up to date"


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file)


def used_words() -> set[str]:
    methods = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    options = {"**/templates/**.html": {"silent": "false"}}
    found = extract_from_dir(WEB, methods, options, keywords={"_": None})
    return {message for _file, _line, message, _comments, _context in found}


def test_every_word_is_translated(chinese: Catalog) -> None:
    translated = {message.id for message in chinese if message.id and message.string}
    assert used_words() - translated == set(), HINT


def test_nothing_is_translated_that_is_not_used(chinese: Catalog) -> None:
    assert {message.id for message in chinese if message.id} - used_words() == set(), HINT


def test_placeholders_survive_the_translation(chinese: Catalog) -> None:
    for message in chinese:
        assert list(message.check()) == [], message.id
        assert ("{n}" in message.id) == ("{n}" in message.string), message.id


def test_the_compiled_catalogue_is_in_step(chinese: Catalog) -> None:
    with (FOLDER / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    words = {message.id: message.string for message in chinese if message.id}
    assert {message.id: message.string for message in compiled if message.id} == words, HINT
