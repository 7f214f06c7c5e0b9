"""What is wrong with a search that cannot be parsed, said at its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eventcenter.errors import QuerySyntaxError
from eventcenter.search.splitting import QUOTED, open_quote, refused

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

MAX_CHARS = 2_000
MAX_NESTING = 10
"""FTS5 reads an expression with a stack of 100; each level takes up to eight of it."""
_OPERATORS = {"_AND", "_OR", "NOT"}
_SKIPPED = re.compile(QUOTED)


def check_size(text: str) -> None:
    """Before parsing: neither length nor nesting may cost more than the search is worth."""
    if len(text) > MAX_CHARS:
        raise refused(
            f"the search has {len(text)} characters", hint=f"Use at most {MAX_CHARS}.", at=MAX_CHARS
        )
    depth = 0
    for at, sign in _parentheses(text):
        depth += 1 if sign == "(" else -1
        if depth > MAX_NESTING:
            raise refused(
                f"the search is nested deeper than {MAX_NESTING} times",
                hint="Use fewer ( inside of each other.",
                at=at,
            )


def _parentheses(text: str) -> list[tuple[int, str]]:
    """Where the parentheses outside of quotes are."""
    masked = _SKIPPED.sub(lambda found: " " * len(found[0]), text)
    return [(found.start(), found[0]) for found in re.finditer(r"[()]", masked)]


def explained(text: str, error: UnexpectedInput) -> QuerySyntaxError:
    token = getattr(error, "token", None)
    if token is None:
        return _of_character(text, error.pos_in_stream or 0)
    if token.type == "$END":
        return _at_the_end(text, error)
    at = token.start_pos or 0
    wrong = f"{str(token)[:50]!r} at character {at + 1}"
    if token.type == "RPAR" and "RPAR" not in _expected(error) and _depth(text[:at]) == 0:
        return refused(f"the ) at character {at + 1} closes nothing", hint=_PARENTHESES, at=at)
    if token.type in _OPERATORS or token.type == "RPAR":
        return refused(f"something is missing before {wrong}", hint=_WORDS, at=at)
    return refused(f"{wrong} was not expected", hint=_WORDS, at=at)


def _expected(error: UnexpectedInput) -> set[str]:
    return set(getattr(error, "expected", None) or getattr(error, "allowed", None) or ())


_WORDS = 'Words such as and, or, not and signs such as ( go in quotes: "and".'
_PARENTHESES = 'Each ( needs a ). Parentheses of the text go in quotes: "f(x)".'


def _of_character(text: str, at: int) -> QuerySyntaxError:
    if text[at : at + 1] == '"' or text[at : at + 2] == '#"':
        return open_quote(at + (text[at] == "#"))
    if text[at : at + 1] == "|":
        return refused(
            f"there is a | at character {at + 1}: a search holds no SQL",
            hint='SQL after a | is for queries (eventcenter query, the page Query). The sign goes in quotes: "|".',
            at=at,
        )
    return refused(f"{text[at : at + 1]!r} at character {at + 1} was not expected", hint=_WORDS, at=at)


def _at_the_end(text: str, error: UnexpectedInput) -> QuerySyntaxError:
    end = max(len(text.rstrip()) - 1, 0)
    expected = _expected(error)
    if "BOUND" in expected:
        return refused("a number is missing at the end", hint="As in count > 5 or count in [5 10).", at=end)
    if "CLOSE" in expected:
        return refused("the range is not closed", hint="End it with ] or ), as in [5 10).", at=end)
    if "WORD" in expected and "RPAR" not in expected:
        last = text.split()[-1] if text.split() else ""
        return refused(f"nothing follows {last[-20:]!r}", hint=_WORDS, at=end)
    opened: list[int] = []
    for at, sign in _parentheses(text):
        if sign == "(":
            opened.append(at)
        elif opened:
            opened.pop()
    at = opened[-1] if opened else end
    return refused(f"the ( at character {at + 1} is not closed", hint=_PARENTHESES, at=at)


def _depth(text: str) -> int:
    return sum(1 if sign == "(" else -1 for _, sign in _parentheses(text))
