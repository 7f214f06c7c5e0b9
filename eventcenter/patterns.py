"""Regular expressions that people give, over texts that anybody can write: RE2, whose time does not explode."""

from __future__ import annotations

from collections.abc import Callable

MAX_CHARS = 1000


def searcher(pattern: str) -> Callable[[str], bool]:
    """Whether the pattern is found in a text, in the syntax of Go and RE2. ValueError saying what is wrong with it."""
    import re2  # 5 ms, and few need it

    if len(pattern) > MAX_CHARS:
        raise ValueError(f"is a pattern of more than {MAX_CHARS} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else "it cannot be read"
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"is not a regular expression: {said}") from None
    return lambda text: compiled.search(text.encode("utf-8", "replace").decode("utf-8")) is not None
