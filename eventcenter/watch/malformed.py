"""Counts what no event can be made of; logs the first of each kind, for a broken writer goes on for days."""

from __future__ import annotations

import logging

logger = logging.getLogger(__name__)


class Malformed:
    """The malformed deliveries of one stream."""

    def __init__(self, stream: str) -> None:
        self.count = 0
        self._stream = stream
        self._kinds: set[str] = set()

    def note(self, kind: str, detail: object = "") -> None:
        """`kind` is one of a few words of ours, never text of the cluster."""
        self.count += 1
        level = logging.DEBUG if kind in self._kinds else logging.WARNING
        self._kinds.add(kind)
        logger.log(level, "malformed stream=%s kind=%s detail=%.200r", self._stream, kind, str(detail))
