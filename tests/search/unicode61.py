"""How SQLite's tokenizer unicode61 (remove_diacritics 2) sees each character, asked of SQLite itself.

`python -m tests.search.unicode61 FILE` writes the table that `eventcenter.search.words` reads; a test compares them."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def table() -> dict[str, str]:
    """`letters`: ranges of what belongs to a word, in hex; `from` and `to`: how they are folded; `dropped`: what
    vanishes inside of a word. Without - . _, which the store adds, and without surrogates, which it has none of."""
    letters, folded, dropped = [], {}, []
    for code, words in enumerate(_cut()):
        if len(words) == 1:
            became = words[0][1:-1]
            if not became:
                dropped.append(chr(code))
                continue
            letters.append(code)
            if became != chr(code):
                folded[chr(code)] = became
    return {
        "letters": " ".join(f"{first:x}-{last:x}" for first, last in _ranges(letters)),
        "from": "".join(folded),
        "to": "".join(folded.values()),
        "dropped": "".join(dropped),
    }


def _cut() -> list[list[str]]:
    """For each character the words that it makes of itself between two letters."""
    words: list[list[str]] = [[] for _ in range(sys.maxunicode + 1)]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE t USING fts5(a, content='', tokenize='unicode61 remove_diacritics 2')"
        )
        connection.executemany(
            "INSERT INTO t (rowid, a) VALUES (?, ?)",
            ((code, f"q{chr(code)}z") for code in range(1, len(words)) if not 0xD800 <= code <= 0xDFFF),
        )
        connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
        for word, code in connection.execute('SELECT term, doc FROM v ORDER BY doc, "offset"'):
            words[code].append(word)
    return words


def _ranges(codes: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = (ranges[-1][0], code)
        else:
            ranges.append((code, code))
    return ranges


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(table(), indent=1) + "\n", encoding="ascii")
