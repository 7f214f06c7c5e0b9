"""Go's regular expressions. RE2 is the library that they were made after; what the two differ in is put right here.

A rule's pattern must match up to the end of the newest line, as in the original. Two things the original does are not
kept: there `^` is the start of all buffered lines (so it matches nearly never) and here it is the start of a line, and
`$` inside a pattern likewise is the end of one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import re2

MAX_MEMORY = 1 << 20
"""Bytes of one compiled pattern and its cache. RE2 would take 8 MiB; a node has tens of patterns, and short lines."""
LARGE_MEMORY = 16 << 20
"""For the rare pattern that is too large for that."""

_TOKEN = re.compile(
    r"""
      \\Q.*?(?:\\E|\Z)                        # quoted text
    | \\[pP]\{[^}]*\} | \\x\{[^}]*\} | \\x[0-9A-Fa-f]{2} | \\[0-7]{1,3}
    | \\.                                     # any other escape
    | \[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\] # a class
    | \(\?[a-zA-Z-]+[:)]                      # flags
    | .
    """,
    re.VERBOSE | re.DOTALL,
)

_LINE_START = r"(?m:^)"
_LINE_END = r"(?m:$)"
_ANCHORS = {"^": _LINE_START, r"\A": _LINE_START, "$": _LINE_END, r"\z": _LINE_END}


class BadPattern(ValueError):
    """One line: what RE2 does not accept."""


def _options(memory: int = MAX_MEMORY) -> re2.Options:
    made = re2.Options()
    made.log_errors = False
    made.max_mem = memory
    return made


OPTIONS = _options()
LARGE = _options(LARGE_MEMORY)


def compile_go(pattern: str) -> re2._Regexp:
    """A regular expression over bytes that are UTF-8. BadPattern when Go would refuse it."""
    for token in _TOKEN.findall(pattern):
        if token == r"\C":
            raise BadPattern(r"Go's regular expressions do not know \C (a single byte)")
    try:
        return _compiled(pattern.encode())
    except re2.error as error:
        raise BadPattern(_explained(error)) from error
    except UnicodeEncodeError as error:
        raise BadPattern("holds half of a surrogate pair") from error


def _compiled(pattern: bytes) -> re2._Regexp:
    try:
        return re2.compile(pattern, OPTIONS)
    except re2.error:
        return re2.compile(pattern, LARGE)


_WORDS = {
    "invalid perl operator: (?=": "look-ahead (?=…) is not supported by Go's regular expressions",
    "invalid perl operator: (?!": "negative look-ahead (?!…) is not supported by Go's regular expressions",
    "invalid perl operator: (?<=": "look-behind (?<=…) is not supported by Go's regular expressions",
    "invalid perl operator: (?<!": "negative look-behind (?<!…) is not supported by Go's regular expressions",
    "invalid perl operator: (?>": "atomic groups (?>…) are not supported by Go's regular expressions",
    "invalid perl operator: (?#": "comments (?#…) are not supported by Go's regular expressions",
    "invalid perl operator: (?(": "conditions (?(…) are not supported by Go's regular expressions",
}
_BACK_REFERENCE = re.compile(r"invalid escape sequence: (\\[1-9k])")
_POSSESSIVE = re.compile(r"bad repetition operator: ([*+?]\+)")


def _explained(error: re2.error) -> str:
    said = (
        error.args[0].decode(errors="replace")
        if error.args and isinstance(error.args[0], bytes)
        else str(error)
    )
    for start, words in _WORDS.items():
        if said.startswith(start):
            return words
    if found := _BACK_REFERENCE.match(said):
        return f"back references ({found[1]}) are not supported by Go's regular expressions"
    if found := _POSSESSIVE.match(said):
        return f"possessive repetition ({found[1]}) is not supported by Go's regular expressions"
    return f"Go's regular expressions do not accept it: {said}"


@dataclass(frozen=True, slots=True)
class RulePattern:
    """A pattern of a rule, ready to be searched in buffered lines that are joined by line ends."""

    text: str
    """As the file has it."""
    anchored: re2._Regexp
    """Ends where the newest line ends."""
    anywhere: str
    """The same as text for a filter: finds whatever `anchored` finds when more lines follow."""
    crosses: bool
    """May match over a line end, so the lines before the newest matter."""


def rule_pattern(text: str) -> RulePattern:
    """BadPattern."""
    compile_go(text)  # alone, so that what follows cannot make sense of half a pattern
    tokens = _TOKEN.findall(text)
    if tokens and tokens[-1].startswith(r"\Q") and not tokens[-1].endswith(r"\E"):
        tokens[-1] += r"\E"
    lined = "".join(_ANCHORS.get(token, token) for token in tokens)
    return RulePattern(
        text,
        anchored=compile_go(lined + r"\z"),
        anywhere=lined,
        crosses=any(_crosses(token) for token in tokens),
    )


def _crosses(token: str) -> bool:
    """May this part match a line end? Where it cannot be told alone, yes: that costs time only."""
    if token.startswith("(?"):
        return "s" in token.partition("-")[0]
    if token[0] not in "\\[\n" or token in _ANCHORS:
        return False
    if token.startswith(r"\Q"):
        return "\n" in token
    try:
        return compile_go(token).fullmatch(b"\n") is not None
    except BadPattern:
        return True
