"""Matches rules against the newest lines of a log.

The last lines are joined by line ends; a rule fires when its pattern matches in them up to the end of the newest line.
The message is the run of whole lines that the match covers. Unlike the original, a line fires a rule once: not again
because a branch that needs no end matches an older line (`a|b`), nor because an open tail (`(?s)a.*`) takes any line
that follows."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import re2

from npd.config.patterns import LARGE, RulePattern


class Line(NamedTuple):
    """A tuple, because there are many."""

    time: float
    text: bytes
    """UTF-8, without the line end."""


class Buffer:
    """The newest lines, and their text joined, with empty lines where there were none yet."""

    def __init__(self, size: int) -> None:
        self._lines: deque[Line] = deque(maxlen=size)
        self.size = size
        self.pushed = 0
        """Lines so far: the number of the newest."""

    def push(self, line: Line) -> None:
        self._lines.append(line)
        self.pushed += 1

    @property
    def newest(self) -> Line:
        return self._lines[-1]

    def texts(self) -> list[bytes]:
        """Of all slots, oldest first."""
        return [b""] * (self.size - len(self._lines)) + [line.text for line in self._lines]

    def last(self, count: int) -> list[Line]:
        count = min(count, len(self._lines))
        return [self._lines[index] for index in range(len(self._lines) - count, len(self._lines))]


@dataclass(frozen=True, slots=True)
class Match:
    lines: Sequence[Line]
    """The run that the match covers, the newest line last."""

    @property
    def text(self) -> str:
        return b"\n".join(line.text for line in self.lines).decode("utf-8", "replace")

    @property
    def time(self) -> float:
        """Of the first matched line, as in the original."""
        return self.lines[0].time


_FIELD_END = re.compile(rb'msg="(?:[^"\\]|\\.)*(")')
"""Where the text of a line of dockerd's or containerd's ends: a rule's end is there as well as at the line's end."""


class Matcher:
    """One pattern and what it has fired on."""

    def __init__(self, pattern: RulePattern) -> None:
        self._pattern = pattern
        self._fired = 0
        """Number of the line at which the newest match began."""

    def match(self, buffer: Buffer) -> Match | None:
        found = self._over_lines(buffer) if self._pattern.crosses else self._in_newest(buffer)
        return found or self._in_field(buffer)

    def _in_newest(self, buffer: Buffer) -> Match | None:
        if self._pattern.anchored.search(buffer.newest.text) is None:
            return None
        return Match((buffer.newest,))

    def _in_field(self, buffer: Buffer) -> Match | None:
        text = buffer.newest.text
        if b'msg="' not in text or not (field := _FIELD_END.search(text)):
            return None
        return Match((buffer.newest,)) if self._pattern.anchored.search(text[: field.start(1)]) else None

    def _over_lines(self, buffer: Buffer) -> Match | None:
        texts = buffer.texts()
        joined = b"\n".join(texts)
        newest_at = len(joined) - len(texts[-1])
        for start in self._starts(joined, newest_at):
            lines = buffer.last(_covered(texts, len(joined) - start))
            first = buffer.pushed - len(lines) + 1
            if first > self._fired or self._needs_newest(joined, start, newest_at):
                self._fired = max(first, self._fired)
                return Match(lines)
        return None

    def _starts(self, joined: bytes, newest_at: int) -> Iterator[int]:
        """Where matches begin that end in the newest line; at most one in each line, leftmost first."""
        at = 0
        while at >= 0 and (found := self._pattern.anchored.search(joined, at)):
            start, end = found.span()
            if end >= newest_at:
                yield start
            at = joined.find(b"\n", start + 1)

    def _needs_newest(self, joined: bytes, start: int, newest_at: int) -> bool:
        """Would there be no such match if the newest line said nothing?"""
        found = self._pattern.anchored.search(joined[:newest_at], start)
        return found is None or found.start() != start


def _covered(texts: Sequence[bytes], length: int) -> int:
    """How many of the newest lines the last `length` bytes of the joined text touch; a line end belongs to the line
    that follows it."""
    total = 0
    for count, text in enumerate(reversed(texts), 1):
        total += len(text) + 1
        if total >= length:
            return count
    return len(texts)


class Gate:
    """Tells for many lines at once which rules may match in them at all, by the literal texts that a match needs."""

    def __init__(self, rules: Sequence[RulePattern]) -> None:
        self._filter = re2.Filter()
        self._count = len(rules)
        for rule in rules:
            self._filter.Add(rule.anywhere.encode(), LARGE)
        if rules:
            self._filter.Compile()

    def candidates(self, joined: bytes) -> Sequence[int]:
        """Indices of rules, in order."""
        return self._filter.Match(joined, potential=True) or () if self._count else ()
