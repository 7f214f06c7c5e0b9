"""The search language of `q=` and of `search | SQL`: text to a tree, and whether one event matches it. Pure.

`store` compiles the same tree into SQL; a test compares the two."""

from eventcenter.search.splitting import split_query

__all__ = ["split_query"]
