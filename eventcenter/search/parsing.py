"""From text to tree."""

from __future__ import annotations

import re
from functools import lru_cache

from eventcenter.errors import QuerySyntaxError
from eventcenter.search.mistakes import check_size, explained
from eventcenter.search.tree import EVERYTHING, Node, leaves

MAX_TERMS = 30

_SURROGATE = re.compile(r"[\ud800-\udfff]")


def parse_search(text: str) -> Node:
    """The tree of a search; blank text is everything. QuerySyntaxError points at the place (`at`).

    At most 2 000 characters, 30 terms and 10 parentheses inside of each other."""
    # Half a surrogate pair is stored nowhere; the substitute finds what stands in its place.
    return _parsed(_SURROGATE.sub("\ufffd", text)) if text.strip() else EVERYTHING


@lru_cache(maxsize=256)  # a page asks for its rows, its chart and its values with one text
def _parsed(text: str) -> Node:
    check_size(text)
    tree = parse_printed(text)
    terms = sum(1 for _ in leaves(tree))
    if terms > MAX_TERMS:
        raise QuerySyntaxError(
            f"the search has {terms} terms", hint=f"Use at most {MAX_TERMS}; words in quotes are one.", at=0
        )
    return tree


@lru_cache(maxsize=256)
def parse_printed(text: str) -> Node:
    """The tree of a text that is sound, such as a printed tree, which may be longer than what it was parsed from."""
    from lark.exceptions import UnexpectedInput

    from eventcenter.search.grammar import parser

    try:
        tree: Node = parser().parse(text)  # type: ignore[assignment]  # the transformer makes nodes of lark's tree
    except UnexpectedInput as error:
        raise explained(text, error) from None
    return tree
