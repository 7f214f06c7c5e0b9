"""How text is cut into words: the one definition for the full text of the store and for Python.

SQLite cuts what is indexed (tokenizer unicode61: no case, no diacritics; - . _ belong to a word). `words` does the
same to the last character, from a table that SQLite itself was asked for (`tests/search/unicode61.py`)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

MAX_INDEXED_CHARS = 16_384
"""Of a message; more is kept and shown, but not searched."""

# Scripts that are written without spaces: each character is a word of its own, a query for several is a
# phrase.
_UNSPACED = re.compile(
    "([\u2e80-\u2fdf\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f])"
)
_STOPS = ("..", ". ", ".\n", ".,", ".;", ".:", ".)", '."', ".'")
_ASCII = re.compile(r"[0-9a-z._\-]+")
_ASCII_PATTERNS = re.compile(r"[0-9a-z._\-*?]+")


def spaced(text: str) -> str:
    """Text as the tokenizer gets it; the same is done to what people search for. A full stop is no part of the
    word before it, although the tokenizer takes a dot as part of a word (`Insufficient cpu.`, `v1.2`)."""
    if "." in text:
        for stop in _STOPS:
            text = text.replace(stop, " ")
        text = text.rstrip(".")
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


def words(text: str) -> list[str]:
    """The words of a stored text, as they are indexed."""
    text = spaced(text)
    if text.isascii():
        return _ASCII.findall(text.lower())
    table = _table()
    return table.word.findall(text.translate(table.folded))


def patterns(text: str) -> list[str]:
    """The words that somebody looks for; `*` and `?` belong to them."""
    text = spaced(text)
    if text.isascii():
        return _ASCII_PATTERNS.findall(text.lower())
    table = _table()
    return table.pattern.findall(text.translate(table.folded))


def has_word(text: str) -> bool:
    """Whether there is anything to look for. Signs alone (`--`, an emoji) are indexed at most by accident."""
    return any(char.isalnum() for char in text)


@dataclass(frozen=True, slots=True)
class _Table:
    word: re.Pattern[str]
    pattern: re.Pattern[str]
    folded: dict[int, str | int | None]


@lru_cache(maxsize=1)
def _table() -> _Table:
    """Read when the first text beyond ASCII comes."""
    file = resources.files("eventcenter") / "data" / "unicode61.json"
    data: dict[str, str] = json.loads(file.read_text(encoding="ascii"))
    ranges = (part.split("-") for part in data["letters"].split())
    letters = "".join(f"\\U{int(first, 16):08x}-\\U{int(last, 16):08x}" for first, last in ranges)
    return _Table(
        word=re.compile(rf"[{letters}._\-]+"),
        pattern=re.compile(rf"[{letters}._\-*?]+"),
        folded={**str.maketrans(data["from"], data["to"], data["dropped"])},
    )
