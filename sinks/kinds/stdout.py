"""`stdout`: every event on standard output, a JSON object a line, for whatever collects the output of containers."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sinks.delivery import Item, TryAgain
from sinks.kind import Kind, Url
from sinks.payload import format_option, line
from sinks.settings import SinkSettings


class Stdout:
    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings

    def send(self, items: Sequence[Item]) -> None:
        print_out(b"".join(line(item, self._settings) for item in items))

    def close(self) -> None:
        """Standard output is everybody's."""


def print_out(lines: bytes) -> None:
    try:
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
    except (OSError, ValueError) as error:
        raise TryAgain(f"standard output cannot be written: {error}") from None


def one_line(text: str) -> str:
    """Without line ends, and without what a terminal would act on."""
    return "".join(char if char.isprintable() else " " for char in text)


KIND = Kind(
    name="stdout",
    summary="Standard output, a JSON object a line.",
    example="stdout:?format=event",
    options=(format_option(),),
    open=Stdout,
    url=Url.NONE,
    batch=500,
)
