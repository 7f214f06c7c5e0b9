"""Cuts the lines of a log file into time and message, as a file monitor's configuration says."""

from __future__ import annotations

import re2

from npd.config.gotime import Layout
from npd.config.model import LogConfig
from npd.config.patterns import compile_go
from npd.monitors.matching import Line
from npd.monitors.texts import valid


class NotALine(ValueError):
    """A line that has no time or no message as configured."""


class FileLines:
    def __init__(self, config: LogConfig) -> None:
        options = config.plugin_config
        self._timestamp = compile_go(options["timestamp"])
        self._message = compile_go(options["message"])
        self._layout = Layout(options["timestampFormat"])
        self._skip = tuple(text.encode() for text in config.skip)

    def skipped(self, raw: bytes) -> bool:
        """Does it hold a text of the skip list?"""
        return any(text in raw for text in self._skip)

    def line(self, raw: bytes) -> Line:
        """`raw` is without its line end. NotALine."""
        raw = valid(raw)
        return Line(self._time(raw), self._text(raw))

    def looks_raw(self, raw: bytes) -> bool:
        """Does it stand as it would in a file, with its prefix? Of a message alone neither part is found."""
        try:
            self._time(raw)
        except NotALine:
            return self._message.groups > 0 and self._message.search(raw) is not None
        return True

    def _time(self, raw: bytes) -> float:
        found = self._timestamp.search(raw)
        if found is None:
            raise NotALine("has no timestamp")
        try:
            return self._layout.parse(_last(found).decode("utf-8", "replace"))
        except (ValueError, OverflowError) as error:
            raise NotALine(str(error)) from error

    def _text(self, raw: bytes) -> bytes:
        """The last group. Of a pattern without groups the whole line: it says which lines to take, and the original,
        which cuts all but the match off, takes from the rules what they look for."""
        found = self._message.search(raw)
        if found is None:
            raise NotALine("has no message")
        return _last(found) if self._message.groups else raw


def _last(found: re2._Match) -> bytes:
    return bytes(found.group(found.re.groups) or b"")
