"""The search language of `q=` and of `search | SQL`: text to a tree, and whether one event matches it. Pure.

`store` compiles the same tree into SQL; a test compares the two."""

from eventcenter.search.matching import matches
from eventcenter.search.mistakes import MAX_CHARS
from eventcenter.search.parsing import parse_search
from eventcenter.search.splitting import split_query
from eventcenter.search.tree import EVERYTHING, Node, needs_raw

__all__ = ["EVERYTHING", "MAX_CHARS", "Node", "matches", "needs_raw", "parse_search", "split_query"]
