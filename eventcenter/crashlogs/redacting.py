"""Hides what must not be kept or shown of a log: credentials by patterns, and codes that would colour a terminal, which
could also split a credential so that no pattern finds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from eventcenter.patterns import replacer

HIDDEN = "***"
_VALUE = r"""("[^"\n]*"|'[^'\n]*'|[^\s"',;&]+)"""
_NAMES = (
    r"password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|"
    r"client[_-]?secret|credentials?"
)
DEFAULTS: tuple[str, ...] = (
    # Private keys, also those whose beginning or end is cut off.
    r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\z)",
    r"\A[A-Za-z0-9+/=\s]*-----END [A-Z0-9 ]*PRIVATE KEY-----",
    r"""(?i)(?P<keep>\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?)[^\s"',;]+(?:[ \t]+[^\s"',;]+)?""",
    r"(?i)(?P<keep>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/-]{8,}=*",
    r"""(?P<keep>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@"']*:)[^\s/@"']+(?:@[^\s/@"']+)*?(?P<after>@[^\s/@"']*)""",
    rf"""(?i)(?P<keep>(?:{_NAMES})["']?\s*[:=]\s*){_VALUE}""",
    r"""(?i)(?P<keep>\b(?:set-)?cookie["']?\s*[:=]\s*)[^\n]+""",
    r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?",  # JSON web tokens
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{15,}|xox[abeoprs]-[A-Za-z0-9-]{10,})",
)
"""What is hidden without any setting. Groups named `keep` and `after` stay: they say what it was."""

_COLOURS = re.compile(r"\x1b\[[0-9;:]*[mK]")


class Redactor:
    """`patterns` are those of the settings, beside `DEFAULTS`: all that they match is hidden."""

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self._patterns = patterns
        self._replace: list[Callable[[str], str]] | None = None

    def __call__(self, text: str) -> str:
        if self._replace is None:  # few processes ever read a log
            self._replace = [replacer(pattern, HIDDEN) for pattern in (*DEFAULTS, *self._patterns)]
        text = _COLOURS.sub("", text).replace("\r\n", "\n")
        for replace in self._replace:
            text = replace(text)
        return text
