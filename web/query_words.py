"""What the editor completes: names of fields, columns and functions, and the values that there are of a field."""

from __future__ import annotations

from flask import Response, jsonify, request

from eventcenter.search.fields import SHORT_NAMES, field_of
from eventcenter.sql.columns import DIMENSIONS, known, names
from web import params
from web.params import BadParameter
from web.query_downloads import range_of
from web.site import center

_KEPT = frozenset({"level", "namespace", "reason", "kind", "host", "component", "problem"})
"""The fields that the store keeps the values of."""
_KEYWORDS = (
    "SELECT", "FROM log", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "AS", "DESC", "ASC", "AND", "OR", "NOT",
    "IN", "LIKE", "BETWEEN", "IS NULL", "CASE", "WHEN", "THEN", "ELSE", "END", "DISTINCT", "JOIN", "ON", "UNION",
    "WITH", "OVER", "PARTITION BY",
)  # fmt: skip


def words() -> Response:
    from eventcenter.sql.functions import all_names  # sqlglot, only needed now

    params.read_strictly(request.args, {})
    # The ones that people group by come first.
    columns = sorted(names(), key=lambda name: (known(name) not in DIMENSIONS, name))
    return jsonify(
        {
            "fields": list(SHORT_NAMES),
            "columns": columns,
            "functions": all_names(),
            "keywords": list(_KEYWORDS),
        }
    )


def values() -> Response:
    """Of the range of the address, the most frequent first; none for a field whose values are not kept."""
    now = center().now()
    given, (since, until) = range_of(now, {"field": str})
    name = _field(given.get("field", ""))
    found = center().reader.values(name, since, now if until is None else until) if name else []
    return jsonify({"values": [value for value in found if value]})


def _field(typed: str) -> str | None:
    if not typed:
        raise BadParameter("field", "field is missing", hint="As in field=reason.")
    column = known(typed) or typed.lower()
    name = field_of(column).name if column in SHORT_NAMES else column
    return name if name in _KEPT else None
