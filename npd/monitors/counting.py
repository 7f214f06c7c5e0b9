"""The original's `log-counter`: counts lines of the journal that match, less those that revert, against a threshold."""

from __future__ import annotations

from npd.config.counter import CounterArguments
from npd.monitors.matching import Buffer, Line, Matcher
from npd.monitors.plugin_rules import Outcome, Result

BUFFER_SIZE = 1000
"""Lines of the longest match."""


class LineCounter:
    def __init__(self, arguments: CounterArguments) -> None:
        self._arguments = arguments
        self._buffer = Buffer(BUFFER_SIZE)
        self._adding = Matcher(arguments.pattern)
        self._taking = Matcher(arguments.revert) if arguments.revert else None
        self.count = 0

    def take(self, line: Line) -> None:
        self._buffer.push(line)
        self.count += self._adding.match(self._buffer) is not None
        if self._taking is not None:
            self.count -= self._taking.match(self._buffer) is not None

    def result(self) -> Result:
        threshold = self._arguments.count
        if self.count < threshold:
            return Result(Outcome.OK)
        return Result(
            Outcome.NON_OK, f"Found {self.count} matching logs, which meets the threshold of {threshold}"
        )
