"""Words and filter values as FTS5 expressions, and the same as conditions on a text."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from eventcenter.search.cutting import Pattern, Phrase, found_in, phrases
from eventcenter.search.tree import Has
from eventcenter.store.functions import spec

EVERY_EVENT = "(tags : l *)"
"""Each has a level."""
NO_EVENT = "(tags : none)"

_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Match:
    """An FTS5 expression that every matching event satisfies; `exact`: and no other."""

    expression: str
    exact: bool = True


def any_of(expressions: Iterable[str]) -> str:
    return f"({' OR '.join(expressions)})"


def combined(wanted: list[str], excluded: list[str]) -> str:
    """All of `wanted` and none of `excluded`. FTS5's NOT subtracts from something: without more from every event."""
    base = f"({' AND '.join(wanted)})" if wanted else EVERY_EVENT
    return f"({base} NOT {any_of(excluded)})" if excluded else base


def tagged(letter: str, numbers: Iterable[int]) -> Match:
    """Events with one of the terms."""
    tags = " OR ".join(f"{letter}{number}" for number in sorted(numbers))
    return Match(f"(tags : ({tags}))" if tags else NO_EVENT)


def match_phrases(columns: str, wanted: Iterable[Phrase]) -> Match | None:
    """None where no word is certain enough to look for."""
    found: list[Match] = []
    exact = True
    for phrase in wanted:
        match = _match_phrase(columns, phrase)
        exact = exact and match is not None and match.exact
        if match is not None:
            found.append(match)
    if not wanted:
        return Match(NO_EVENT)
    return Match(combined([match.expression for match in found], []), exact) if found else None


def _match_phrase(columns: str, phrase: Phrase) -> Match | None:
    *firsts, last = phrase
    if not any(pattern.is_wild for pattern in firsts) and (not last.is_wild or last.is_prefix):
        text = " ".join([*(pattern.text for pattern in firsts), last.stem])
        return Match(f'({columns} : "{text}"{" *" if last.is_prefix else ""})')
    certain = [_match_word(columns, pattern) for pattern in phrase]
    sure = [expression for expression in certain if expression]
    return Match(combined(sure, []), exact=False) if sure else None


def _match_word(columns: str, pattern: Pattern) -> str | None:
    if not pattern.is_wild:
        return f'({columns} : "{pattern.text}")'
    return f'({columns} : "{pattern.stem}" *)' if pattern.stem else None


def text_condition(column: str, leaf: Has, most: int | None = None) -> tuple[str, list[object]]:
    """Whether the words occur in the text of a column, in its first `most` characters. What SQLite can tell fast it is
    asked first: a text without the pattern somewhere has not the word, unless it holds more than ASCII (folded)."""
    looked_at = f"substr({column}, 1, {most})" if most else column
    like = _likely(leaf)
    if like is None:
        return f"search_text(?, {looked_at})", [spec(leaf)]
    return (
        f"(({column} LIKE ? ESCAPE '\\' OR {column} GLOB '*[^ -~]*') AND search_text(?, {looked_at}))",
        [like, spec(leaf)],
    )


def _likely(leaf: Has) -> str | None:
    """The longest pattern of the leaf for LIKE, which knows no words; None where there is none of ASCII."""
    texts = [pattern.text for phrase in phrases(leaf) for pattern in phrase if pattern.text.isascii()]
    longest = max(texts, key=lambda text: len(text.replace("*", "").replace("?", "")), default="")
    escaped = re.sub(r"[%_\\]", r"\\\g<0>", longest)
    return f"%{escaped}%".replace("*", "%").replace("?", "_") if longest else None


def terms_with(connection: sqlite3.Connection, leaf: Has) -> list[int]:
    """The numbers of the terms in which the words occur."""
    like = _likely(leaf) or "%"
    rows = connection.execute(
        "SELECT id, text FROM term WHERE text LIKE ? ESCAPE '\\' OR text GLOB '*[^ -~]*'", (like,)
    )
    return [number for number, text in rows if found_in(leaf, text)]


def bindable(text: str) -> str:
    """Text that SQLite takes. Half a surrogate pair cannot be stored, so the substitute finds what stands there."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
