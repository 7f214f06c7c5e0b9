"""Shares of a limit, as thresholds give them."""

from __future__ import annotations


def percent(value: int) -> None:
    """ValueError unless it is a share that can be passed."""
    if not 1 <= value <= 100:
        raise ValueError(f"threshold_percent: {value} is not a whole number from 1 to 100")
