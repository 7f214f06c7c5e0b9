"""Counters that only grow: what came to each since the last look."""

from __future__ import annotations

from collections.abc import Mapping


class Growth:
    def __init__(self) -> None:
        self._before: dict[str, int] | None = None

    def since(self, counters: Mapping[str, int]) -> dict[str, int]:
        """Those that grew, with how much. One that is seen for the first time has not grown; one that is less than
        before began anew from 0."""
        before, self._before = self._before, dict(counters)
        if before is None:
            return {}
        grown = {name: _grown(value, before.get(name, value)) for name, value in counters.items()}
        return {name: value for name, value in grown.items() if value}


def _grown(now: int, before: int) -> int:
    return now - before if now >= before else now
