"""The numbers of collecting, in one place so that tests can be quick."""

from __future__ import annotations

from dataclasses import dataclass

from eventcenter.watch.listing import PAGE


@dataclass(frozen=True, slots=True)
class Tuning:
    """Times in seconds."""

    page: int = PAGE
    watch_at_least: int = 240
    watch_at_most: int = 480
    silence: float = 10.0
    silence_at_most: float = 60.0
    backoff: float = 0.5
    backoff_at_most: float = 30.0
    forbidden_at_most: float = 60.0
    long_enough: float = 10.0
    """A watch that lived this long has shown that the server is well: the next failure is a new one."""


DEFAULT_TUNING = Tuning()
