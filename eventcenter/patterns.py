"""Regular expressions that people give, over texts that anybody can write: RE2, whose time does not explode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MAX_CHARS = 1000


def searcher(pattern: str) -> Callable[[str], bool]:
    """Whether the pattern is found in a text, in the syntax of Go and RE2. ValueError saying what is wrong with it."""
    compiled = _compiled(pattern)
    return lambda text: compiled.search(_encodable(text)) is not None


def replacer(pattern: str, by: str) -> Callable[[str], str]:
    """Puts `by` in the place of all that the pattern matches, between what its groups `keep` and `after` have.
    ValueError as above."""
    compiled = _compiled(pattern)
    groups = compiled.groupindex

    def put(found: Any) -> str:
        before, after = (found[name] or "" if name in groups else "" for name in ("keep", "after"))
        return f"{before}{by}{after}"

    return lambda text: str(compiled.sub(put, _encodable(text)))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _compiled(pattern: str) -> Any:
    import re2  # 5 ms, and few need it

    if len(pattern) > MAX_CHARS:
        raise ValueError(f"is a pattern of more than {MAX_CHARS} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else "it cannot be read"
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"is not a regular expression: {said}") from None
