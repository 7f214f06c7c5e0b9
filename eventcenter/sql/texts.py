"""Text functions. Patterns run in RE2, whose time grows with the length of the text only: a pattern that takes others
exponential time, such as `(a|a)*b`, cannot hold the process. Presto's own engine can be RE2 as well; neither look-ahead
nor back-references are in it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import re2

from eventcenter.errors import QuerySyntaxError

MAX_PATTERN = 1_000
MAX_RESULT = 1_000_000
"""Characters that one call may make."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 4 << 20


@lru_cache(maxsize=64)
def compiled(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise QuerySyntaxError(
            f"the pattern has {len(pattern)} characters", hint=f"Use at most {MAX_PATTERN}."
        )
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0] if error.args else b""
        said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise QuerySyntaxError(
            f"the pattern {pattern[:60]!r} is wrong: {said}",
            hint="Patterns are RE2's: no look-ahead, no back-references.",
        ) from None


def text(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def regexp_like(value: Any, pattern: str) -> bool:
    return compiled(text(pattern)).search(text(value)) is not None


def regexp_extract(value: Any, pattern: str, group: int = 0) -> str | None:
    found = _checked(pattern, group).search(text(value))
    part: str | None = found.group(int(group)) if found else None
    return part


def _checked(pattern: Any, group: int) -> Any:
    regexp = compiled(text(pattern))
    if not isinstance(group, int) or not 0 <= group <= regexp.groups:
        raise QuerySyntaxError(
            f"the pattern {pattern[:60]!r} has {regexp.groups} groups, not {str(group)[:20]}"
        )
    return regexp


def regexp_extract_all(value: Any, pattern: str, group: int = 0) -> str:
    return array([found.group(group) for found in _checked(pattern, group).finditer(text(value))])


def regexp_count(value: Any, pattern: str) -> int:
    return sum(1 for _ in compiled(text(pattern)).finditer(text(value)))


def regexp_split(value: Any, pattern: str) -> str:
    value, at, parts = text(value), 0, []
    for found in compiled(text(pattern)).finditer(value):
        parts.append(value[at : found.start()])
        at = found.end()
    return array([*parts, value[at:]])


def regexp_replace(value: Any, pattern: str, replacement: str = "") -> str:
    """`$1` is a group, `\\$` a dollar sign."""
    regexp = compiled(text(pattern))
    pieces = re.split(r"\\(.)|\$(\d)", text(replacement), flags=re.DOTALL)
    value, at, made = text(value), 0, _Made()
    for found in regexp.finditer(value):
        made.add(value[at : found.start()])
        for index in range(0, len(pieces), 3):
            made.add(pieces[index])
            if index + 2 < len(pieces):
                escaped, group = pieces[index + 1], pieces[index + 2]
                made.add(
                    escaped
                    if escaped is not None
                    else _checked(pattern, int(group)) and found.group(int(group))
                )
        at = found.end()
    made.add(value[at:])
    return made.text()


class _Made:
    """A text in the making that may not become too long."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._left = MAX_RESULT

    def add(self, part: str | None) -> None:
        if part:
            self._parts.append(part)
            self._left -= len(part)
            if self._left < 0:
                raise too_long()

    def text(self) -> str:
        return "".join(self._parts)


def too_long() -> QuerySyntaxError:
    return QuerySyntaxError(f"a text or a list would be longer than {MAX_RESULT} characters")


@lru_cache(maxsize=64)
def _like_pattern(pattern: str, escape: str) -> Any:
    if len(escape) > 1:
        raise QuerySyntaxError(f"ESCAPE {escape[:20]!r} is not one character")
    parts, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if char == escape and at + 1 < len(pattern):
            at += 1
            parts.append(re2.escape(pattern[at]))
        else:
            parts.append({"%": ".*", "_": "."}.get(char) or re2.escape(char))
        at += 1
    return compiled("(?s)^" + "".join(parts) + "$")


def like(value: Any, pattern: str, escape: str = "") -> bool:
    """Upper and lower case differ, as in Presto (SQLite's own LIKE does not tell them apart)."""
    return _like_pattern(text(pattern), text(escape)).search(text(value)) is not None


def array(values: list[Any]) -> str:
    """A list as JSON text, which is how queries hold one."""
    made = json.dumps(values, ensure_ascii=False)
    if len(made) > MAX_RESULT:
        raise too_long()
    return made


def split(value: Any, delimiter: str, limit: int = 0) -> str:
    if not delimiter:
        raise QuerySyntaxError("split: the delimiter is empty")
    return array(text(value).split(text(delimiter), max(0, int(limit) - 1) if limit else -1))


def split_part(value: Any, delimiter: str, index: int) -> str | None:
    """Counted from 1; null where there are fewer parts."""
    if not delimiter or not isinstance(index, int) or index < 1:
        raise QuerySyntaxError(
            "split_part takes a text, a delimiter that is not empty and the number of a part, from 1"
        )
    parts = text(value).split(text(delimiter))
    return parts[index - 1] if index <= len(parts) else None


def substr(source: Any, start: int, length: int | None = None) -> str:
    """Counted from 1, from the end where negative; empty for 0."""
    value = text(source)
    start, length = int(start), None if length is None else int(length)
    begin = start - 1 if start > 0 else len(value) + start
    if start == 0 or begin < 0 or (length is not None and length <= 0):
        return ""
    return value[begin:] if length is None else value[begin : begin + length]


def strpos(value: Any, part: str) -> int:
    return text(value).find(text(part)) + 1


def pad(source: Any, size: int, filling: str, *, left: bool) -> str:
    value, fill = text(source), text(filling)
    if not isinstance(size, int) or not 0 <= size <= 10_000 or not fill:
        raise QuerySyntaxError("lpad and rpad take a size from 0 to 10000 and a fill that is not empty")
    more = (fill * (size // len(fill) + 1))[: max(0, size - len(value))]
    return (more + value if left else value + more)[:size]


def replace(source: Any, old: str, new: str = "") -> str:
    value, search, replacement = text(source), text(old), text(new)
    if search and len(value) + value.count(search) * (len(replacement) - len(search)) > MAX_RESULT:
        raise too_long()
    return value.replace(search, replacement) if search else value
