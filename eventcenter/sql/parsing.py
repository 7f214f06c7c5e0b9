"""Text to a tree that holds nothing but what is allowed. The list is of what may be, not of what may not: what a later
sqlglot learns to read stays refused until somebody has looked at it."""

from __future__ import annotations

import difflib
import re
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from eventcenter.errors import QuerySyntaxError
from eventcenter.sql.dialect import Asked
from eventcenter.sql.functions import AGGREGATES, FUNCTIONS, SPECIAL, WINDOWS, all_names

MAX_CHARS = 20_000
MAX_NODES = 4_000
LOG = "log"

_ALLOWED: frozenset[type[Any]] = frozenset(
    {
        exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset,
        exp.Distinct, exp.Alias, exp.Column, exp.Identifier, exp.Table, exp.TableAlias, exp.Subquery, exp.With,
        exp.CTE, exp.Join, exp.Union, exp.Except, exp.Intersect, exp.Literal, exp.Null, exp.Boolean, exp.Star,
        exp.Paren, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
        exp.And, exp.Or, exp.Not, exp.Neg, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike, exp.Escape, exp.DPipe,
        exp.NullSafeEQ, exp.NullSafeNEQ, exp.Case, exp.If, exp.Exists, exp.Cast, exp.TryCast, exp.DataType,
        exp.DataTypeParam, exp.Interval, exp.Var, exp.Extract, exp.CurrentTimestamp, exp.CurrentDate,
        exp.Localtimestamp, exp.Anonymous, exp.Window, exp.WindowSpec, exp.Filter, exp.Bracket, exp.Array,
        exp.Unnest, exp.Dot, exp.Tuple,
    }
)  # fmt: skip
_JOINS = {"", "INNER", "CROSS", "OUTER"}
_SIDES = {"", "LEFT", "RIGHT", "FULL"}
_BAD_TEXT = re.compile(r"[\0\ud800-\udfff]")
# sqlglot leaves these where it meets a text that it did not expect.
_FOREIGN = (SqlglotError, RecursionError, AttributeError, TypeError, ValueError, KeyError, IndexError)


def parse(text: str, offset: int = 0) -> exp.Query:
    """The checked tree of a SELECT; places in errors are counted from `offset` characters before it."""
    text = text.rstrip().rstrip(";")
    if len(text) > MAX_CHARS:
        raise QuerySyntaxError(f"the SQL has {len(text)} characters", hint=f"Use at most {MAX_CHARS}.")
    if bad := _BAD_TEXT.search(text):
        raise QuerySyntaxError("the SQL holds a character that is no text", at=offset + bad.start())
    try:
        statements = sqlglot.parse(text, dialect=Asked)
    except ParseError as error:
        raise _at_its_place(error, text, offset) from None
    except _FOREIGN as error:
        raise QuerySyntaxError(_one_line(error, "the SQL cannot be read"), hint=_HINT) from None
    if len(statements) != 1:
        raise QuerySyntaxError("there is more than one statement", hint="Write one SELECT, without a ;.")
    tree = statements[0]
    if isinstance(tree, exp.Subquery):
        tree = tree.unnest()
    if not isinstance(tree, exp.Select | exp.SetOperation):
        what = "nothing" if tree is None else _name_of(tree)
        raise QuerySyntaxError(
            f"{what} is not a query", hint="Only SELECT is accepted: nothing can be changed here."
        )
    check(tree)
    return cast(exp.Query, tree)


_HINT = "Write a SELECT in Presto's SQL, as in * | SELECT level, count(*) AS c GROUP BY level."


def _at_its_place(error: ParseError, text: str, offset: int) -> QuerySyntaxError:
    found = error.errors[0] if error.errors else {}
    line, column = int(found.get("line") or 1), int(found.get("col") or 1)
    lines = text.split("\n")
    begin = sum(len(row) + 1 for row in lines[: line - 1])
    near = str(found.get("highlight") or "")[:40]
    at = min(max(begin + column - max(len(near), 1), 0), len(text))
    said = str(found.get("description") or "it cannot be read").rstrip(".")
    said = "something is missing" if "<class" in said else said
    where = f" near {near!r}" if near else ""
    return QuerySyntaxError(f"the SQL is wrong{where}: {said}", hint=_HINT, at=offset + at)


def _one_line(error: Exception, otherwise: str) -> str:
    if isinstance(error, RecursionError):
        return "the SQL is nested too deeply"
    lines = str(error).strip().splitlines() if isinstance(error, SqlglotError) else []
    return f"the SQL is wrong: {lines[0][:200]}" if lines else otherwise


def _name_of(node: exp.Expr) -> str:
    if isinstance(node, exp.Command):
        return str(node.this).upper()[:40]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()


def check(tree: exp.Expr) -> None:
    """QuerySyntaxError for the first node that is not allowed."""
    ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    if LOG in ctes:
        raise QuerySyntaxError("WITH log names the table log itself", hint="Choose another name.")
    for count, node in enumerate(tree.walk()):
        if count > MAX_NODES:
            raise QuerySyntaxError("the SQL has too many parts", hint="Make it shorter.")
        if type(node) not in _ALLOWED:
            raise QuerySyntaxError(f"{_name_of(node)} is not supported in SQL")
        if isinstance(node, exp.Anonymous):
            _check_call(node)
        elif isinstance(node, exp.Table):
            _check_table(node, ctes)
        elif isinstance(node, exp.Join):
            _check_join(node)
        elif isinstance(node, exp.Star):
            _check_star(node)
        elif isinstance(node, exp.In) and (node.args.get("field") or node.args.get("unnest")):
            raise QuerySyntaxError(
                "IN takes a list or a sub-query", hint="As in level IN ('Normal', 'Warning')."
            )
        elif isinstance(node, exp.With) and node.args.get("recursive"):
            raise QuerySyntaxError("WITH RECURSIVE is not supported")
        elif isinstance(node, exp.Select):
            _check_select(node)
        elif isinstance(node, exp.SetOperation) and (node.args.get("by_name") or node.side or node.kind):
            raise QuerySyntaxError("UNION BY NAME is not supported")
        elif isinstance(node, exp.TableAlias) and node.columns and isinstance(node.parent, exp.Subquery):
            raise QuerySyntaxError(
                "names of columns behind a sub-query are not supported", hint="Use AS inside of it."
            )


def _check_select(node: exp.Select) -> None:
    if not node.expressions:
        raise QuerySyntaxError("SELECT names no column", hint=_HINT)
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise QuerySyntaxError("DISTINCT ON is not supported")
    for name in ("kind", "operation_modifiers", "match", "hint", "top"):
        if node.args.get(name):
            raise QuerySyntaxError(f"SELECT {str(node.args[name])[:40]} is not supported")
    group = node.args.get("group")
    if group is not None and any(value for name, value in group.args.items() if name != "expressions"):
        raise QuerySyntaxError("GROUP BY takes a list of expressions only")


def _check_star(node: exp.Star) -> None:
    if any(node.args.values()):
        raise QuerySyntaxError("* takes no EXCEPT, REPLACE or RENAME")
    holder = node.parent.parent if isinstance(node.parent, exp.Column) else node.parent
    if not isinstance(holder, exp.Select | exp.Anonymous):
        raise QuerySyntaxError("a * stands alone in a SELECT or in count(*)")


def _check_table(node: exp.Table, ctes: set[str]) -> None:
    name = node.name
    if node.args.get("db") or node.args.get("catalog") or name.lower() not in {*ctes, LOG}:
        shown = node.sql(dialect=Asked)[:80]
        raise QuerySyntaxError(f"there is no table {shown}", hint="There is one: log, a row an event.")


def _check_join(node: exp.Join) -> None:
    if node.kind not in _JOINS or node.side not in _SIDES or node.method not in ("", "NATURAL"):
        raise QuerySyntaxError(
            f"{node.method or node.side} {node.kind} JOIN is not supported".replace("  ", " ")
        )
    if node.args.get("global_") or node.args.get("global") or node.args.get("match_condition"):
        raise QuerySyntaxError("this kind of JOIN is not supported")


def _check_call(node: exp.Anonymous) -> None:
    name = node.name.lower()
    known = FUNCTIONS.get(name)
    if known is None and name not in SPECIAL:
        near = difflib.get_close_matches(name, all_names(), n=3, cutoff=0.6)
        hint = f"The nearest: {', '.join(near)}." if near else "docs/queries.md lists those that there are."
        raise QuerySyntaxError(f"there is no function {name[:60]}", hint=hint)
    least, most = (known.least, known.most) if known else SPECIAL[name]
    given = _arguments(node)
    if not least <= len(given) <= most:
        takes = str(least) if least == most else f"{least} to {most}"
        raise QuerySyntaxError(f"{name} takes {takes} arguments, not {len(given)}")
    if any(isinstance(argument, exp.Star) for argument in given) and name != "count":
        raise QuerySyntaxError(f"{name}(*) has no meaning", hint="Only count takes a *.")
    if any(isinstance(argument, exp.Distinct) for argument in node.expressions) and name not in AGGREGATES:
        raise QuerySyntaxError(f"{name}(DISTINCT …) has no meaning", hint="Only aggregates take DISTINCT.")
    if name in WINDOWS and not isinstance(node.parent, exp.Window):
        raise QuerySyntaxError(f"{name} needs OVER (…)")


def _arguments(node: exp.Anonymous) -> list[exp.Expr]:
    given = list(node.expressions)
    return list(given[0].expressions) if len(given) == 1 and isinstance(given[0], exp.Distinct) else given


def is_aggregate(node: exp.Expr) -> bool:
    """Whether `node` itself is a call of an aggregate, and no window."""
    return isinstance(node, exp.Anonymous) and node.name.lower() in AGGREGATES and not _windowed(node)


def _windowed(node: exp.Expr) -> bool:
    parent = node.parent
    parent = parent.parent if isinstance(parent, exp.Filter) else parent
    return isinstance(parent, exp.Window) and parent.this in (node, node.parent)


def has_aggregate(tree: exp.Expr) -> bool:
    """In `tree`, but not in its sub-queries."""
    return any(is_aggregate(node) for node in own_nodes(tree))


def own_nodes(tree: exp.Expr) -> Any:
    """The nodes of `tree` that belong to it and not to a query inside of it."""
    return tree.walk(prune=lambda node: node is not tree and isinstance(node, exp.Query | exp.CTE))
