"""The rows of an answer as a table: what each cell says, and where its value leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eventcenter.model import Answer
from web import links
from web.present import NARROW_SPACE
from web.query_ask import Query
from web.query_drill import fields_of, term, with_terms

ROWS = 1_000
"""That a page shows; the downloads hold up to `query_api.MAX_ROWS`."""
_TEXT = 2_000
"""Characters of a cell."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    kind: str
    """`number`, `text`, `null` or `empty`: how it is set."""
    only: str = ""
    """The address of the same query for this value alone, where there is one."""
    without: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    columns: list[tuple[str, bool]]
    """The name of each, and whether it holds numbers."""
    rows: list[list[Cell]]
    more: int
    """Rows of the answer that are not shown."""


def table(query: Query, answer: Answer) -> Table:
    fields = fields_of(query, answer.columns)
    shown = answer.rows[:ROWS]
    made: dict[tuple[str | None, Any], Cell] = {}

    def cell(field: str | None, value: Any) -> Cell:
        # The same few values stand in many rows, and every link takes its time.
        if field is None or not isinstance(value, str | None):
            return _cell(query, field, value)
        if (field, value) not in made:
            made[field, value] = _cell(query, field, value)
        return made[field, value]

    return Table(
        [(name, is_numeric([row[at] for row in shown])) for at, name in enumerate(answer.columns)],
        [[cell(field, value) for field, value in zip(fields, row, strict=True)] for row in shown],
        len(answer.rows) - len(shown),
    )


def is_numeric(values: list[Any]) -> bool:
    found = [value for value in values if value is not None]
    return bool(found) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in found
    )


def _cell(query: Query, field: str | None, value: Any) -> Cell:
    text, kind = written(value)
    found = term(field, value)
    if found is None:
        return Cell(text, kind)
    only, without = with_terms(query, [found]), with_terms(query, [found], exclude=True)
    return Cell(text, kind, _url(only), _url(without))


def _url(text: str | None) -> str:
    return links.here_url(q=text) if text else ""


def written(value: Any) -> tuple[str, str]:
    """A value as people read it, and its kind."""
    if value is None:
        return "null", "null"
    if isinstance(value, bool):
        return ("true" if value else "false"), "text"
    if isinstance(value, int):
        return f"{value:,}".replace(",", NARROW_SPACE), "number"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 or abs(value) >= 1e15 else f"{value:.0f}", "number"
    text = str(value)
    return (text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"), "text" if text else "empty"
