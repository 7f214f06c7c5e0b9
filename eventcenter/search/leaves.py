"""One term of a search: what is typed, and for which field, becomes a leaf of the tree or a clear refusal."""

from __future__ import annotations

import re

from eventcenter.errors import QuerySyntaxError
from eventcenter.search.fields import NAME, NUMBERS, Field, field_of, meant
from eventcenter.search.splitting import refused
from eventcenter.search.tree import (
    EVERYTHING,
    NOTHING,
    Compare,
    Exists,
    Has,
    Node,
    Operator,
    conjunction,
    negation,
    quoted,
)
from eventcenter.search.words import has_word, patterns
from eventcenter.times import MOMENT_FORMS, parse_moment

MAX_WILDCARDS = 8
MAX_PATTERN_CHARS = 253
"""The longest name that Kubernetes accepts."""

_RESERVED = ("and", "or")
_NAME_BEFORE = re.compile(r"([A-Za-z_][\w.]*)[:=<>]")
_COMPARISON = re.compile(rf"({NAME})\s*(==|!=|<>|>=|<=|=|>|<)\s*")
_RANGE = re.compile(rf"({NAME})\s+in\s*([\[(])\s*")
_NUMBER = re.compile(r"[+-]?(\d{1,18}|\d{1,9}\.\d{1,6})")


def word(field: Field | None, text: str, at: int) -> Node | None:
    """A word without quotes; None when there is only a sign."""
    if field is None:
        _check_bare(text, at)
    text = re.sub(r"\*+", "*", text)
    if text == "*":
        return EVERYTHING if field is None or field.is_number else Exists(field)
    if field is not None and field.is_number:
        return _compare(field, "=", text, at)
    if not has_word(text):
        return None
    _check_wildcards(field, text, at)
    return Has(field, text)


def in_quotes(field: Field | None, token: str, at: int, *, in_order: bool) -> Node | None:
    text = unquoted(token)
    if not text.strip():
        if field is None:
            return EVERYTHING
        return NOTHING if field.is_number else negation(Exists(field))
    if field is not None and field.is_number:
        return _compare(field, "=", text.strip(), at)
    return Has(field, text, "phrase" if in_order else "words") if has_word(text) else None


def compared(left: str, right: str, at: int) -> Node:
    """`left` is the field with its operator."""
    found = _COMPARISON.fullmatch(left)
    assert found is not None, left
    field, operator = field_of(found[1]), found[2]
    value = unquoted(right) if right.startswith('"') else right
    if operator in ("!=", "<>"):
        return negation(_compare(field, "=", value, at))
    accepted: dict[str, Operator] = {"==": "=", "=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
    return _compare(field, accepted[operator], value, at)


def in_range(left: str, low: tuple[str, int], high: tuple[str, int], close: str) -> Node:
    found = _RANGE.fullmatch(left)
    assert found is not None, left
    field = field_of(found[1])
    return conjunction(
        [
            _compare(field, ">=" if found[2] == "[" else ">", *low),
            _compare(field, "<=" if close == "]" else "<", *high),
        ]
    )


def _compare(field: Field, operator: Operator, text: str, at: int) -> Node:
    if field.kind == "text":
        raise refused(
            f"{field.name} is text, and {operator} compares numbers",
            hint=f"Numbers are {', '.join(NUMBERS)} and those of the raw object (event_id.series.count); "
            f"for text write {field.name}:VALUE.",
            at=at,
        )
    if _NUMBER.fullmatch(text) and field.kind != "time":
        return Compare(field, operator, float(text) if "." in text else int(text))
    if field.kind in ("time", "seconds"):
        return Compare(field, operator, _time(field, text, at))
    raise refused(
        f"{text[:50]!r} is not a number, and {field.name} is compared with numbers",
        hint=f"Write a number, as in {field.name} >= 5, or in [5 10) for a range.",
        at=at,
    )


def _time(field: Field, text: str, at: int) -> int:
    try:
        time = parse_moment(text)
    except QuerySyntaxError:
        raise refused(
            f"{text[:50]!r} is not a time, and {field.name} is one", hint=f"Accepted: {MOMENT_FORMS}.", at=at
        ) from None
    return time if field.kind == "time" else time // 1000


def unquoted(token: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", token[1:-1])


def _check_bare(text: str, at: int) -> None:
    if text.lower() in _RESERVED:
        raise refused(
            f"{text!r} at character {at + 1} needs something on both sides",
            hint=f'To search the word, put it in quotes: "{text}".',
            at=at,
        )
    before = _NAME_BEFORE.match(text)
    if not before:
        return
    name = before[1]
    if re.fullmatch(NAME, name):
        raise refused(
            f"nothing follows {text!r}",
            hint=f'Write a value: {name}:VALUE, {name}:* or {name}:"". Text goes in quotes: {quoted(text)}.',
            at=at,
        )
    if wanted := meant(name):
        raise refused(
            f"there is no field {name!r}",
            hint=f"Did you mean {wanted}? Text goes in quotes: {quoted(text[:100])}.",
            at=at,
        )


def _check_wildcards(field: Field | None, text: str, at: int) -> None:
    wildcards = sum(text.count(sign) for sign in "*?")
    if not wildcards:
        return
    if wildcards > MAX_WILDCARDS or len(text) > MAX_PATTERN_CHARS:
        raise refused(
            f"the pattern {text[:50]!r} is too long",
            hint=f"A pattern may have {MAX_PATTERN_CHARS} characters, {MAX_WILDCARDS} of them * or ?.",
            at=at,
        )
    leading = [part for part in patterns(text) if part[0] in "*?" and part.strip("*")]
    if leading and field is None:
        raise refused(
            f"the pattern {text[:50]!r} begins with a wildcard",
            hint="Only a field may have one, as in name:*-web or message:*timeout*.",
            at=at + text.find(leading[0][0]),
        )
