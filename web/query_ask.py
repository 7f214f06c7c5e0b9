"""A query by address: `q` and the range, as the page, the charts and the downloads read it, and how it is answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import request

from eventcenter.errors import QuerySyntaxError, TooManyQueries
from eventcenter.model import Answer, Question
from eventcenter.search import MAX_CHARS, Node, parse_search, split_query
from web.params import BadParameter
from web.query_api import ended
from web.site import center

CHARTS = ("table", "line", "bar", "pie", "number")
PATIENCE_S = 20.0
"""What the charts of a board wait for their turn: more of them are asked for at once than may run."""
TEXT_CHARS = MAX_CHARS + 20_000
"""Of a search, and of SQL."""


@dataclass(frozen=True, slots=True)
class Query:
    """`sql` is None where the events themselves are asked for."""

    text: str
    search: str
    sql: str | None
    tree: Node

    @property
    def understood(self) -> str:
        """How the search was understood, where that is not as it was typed."""
        understood = str(self.tree)
        return "" if understood == self.search else understood


def parse_query(text: str) -> Query:
    """QuerySyntaxError for a search that is wrong; whether SQL is, running it says."""
    if len(text) > TEXT_CHARS:
        raise QuerySyntaxError(f"the query has {len(text)} characters", hint=f"Use at most {TEXT_CHARS}.")
    text = text.strip().replace("\r\n", "\n")
    search, sql = split_query(text)
    return Query(text, search or "*", sql, parse_search(search))


def parse_chart(text: str) -> str:
    if text not in CHARTS:
        raise BadParameter("chart", f"chart {text[:80]!r} is not known", hint=f"Known: {', '.join(CHARTS)}.")
    return text


def ask(
    text: str,
    from_time: int | None,
    to_time: int | None,
    *,
    limit: int | None = None,
    seconds: float | None = None,
    patience: float = 0.0,
) -> Answer:
    """The answer to a query. QueryCancelled after `seconds`, or once nobody waits for it; `patience` is how many
    seconds it waits for its turn while as many queries run as may."""
    here = center()
    question = Question(text=text, now=here.now(), from_time=from_time, to_time=to_time, limit=limit)
    until = time.monotonic() + patience
    while True:
        try:
            return here.reader.answer(question, _ends(seconds))
        except TooManyQueries:  # after a second of waiting
            if time.monotonic() >= until:
                raise


def _ends(seconds: float | None) -> Callable[[], bool]:
    gone = ended()
    if seconds is None:
        return gone
    until = time.monotonic() + seconds
    return lambda: gone() or time.monotonic() >= until


def given(name: str) -> str:
    return request.args.get(name, "").strip()
