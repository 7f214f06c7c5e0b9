"""`search | SQL`: where the search ends. Only quotes can hide a `|`, as everywhere in a search."""

from __future__ import annotations

import re

from eventcenter.errors import QuerySyntaxError

QUOTED = r'"(?:[^"\\]|\\["\\]|\\(?!["\\]))*"'
"""A text in quotes: \\" and \\\\ are escapes, any other backslash stands for itself. Each text matches in one way only,
so that no text takes long."""

_PIECE = re.compile(QUOTED + r'|[^"|]+')


def split_query(text: str) -> tuple[str, str | None]:
    """The search and the SQL of `text`, both without blanks around them; None without a `|` outside of quotes.

    A search that is left out is `*`. QuerySyntaxError for a quote that stays open before a `|`, and where nothing
    follows the `|`."""
    at = 0
    while at < len(text) and text[at] != "|":
        piece = _PIECE.match(text, at)
        if piece is None:
            if "|" not in text[at:]:
                return text.strip(), None  # the parser of the search says that the quote is open
            raise open_quote(at)
        at = piece.end()
    search = text[:at].strip()
    if at == len(text):
        return search, None
    sql = text[at + 1 :].strip()
    if not sql:
        raise refused(
            "nothing follows the |", hint="Write SQL after it (* | SELECT count(*)), or leave it out.", at=at
        )
    return search or "*", sql


def refused(message: str, hint: str, at: int) -> QuerySyntaxError:
    """A refusal whose message names the place."""
    if "character" not in message:
        message = f"{message}, at character {at + 1}"
    return QuerySyntaxError(message, hint=hint, at=at)


def open_quote(at: int) -> QuerySyntaxError:
    return refused(
        f"the quote at character {at + 1} is not closed",
        hint='Add a closing "; a quote inside of quotes is \\".',
        at=at,
    )
