"""What an event means, its likely cause and what to do, from the catalogue of reasons."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from eventcenter.model import Event

TEXTS = ("meaning", "likely_cause", "what_to_do")


@cache
def _catalogue() -> dict[str, list[dict[str, Any]]]:
    by_reason: dict[str, list[dict[str, Any]]] = {}
    source = files("eventcenter").joinpath("data/reasons.json").read_text(encoding="utf-8")
    for entry in json.loads(source):
        by_reason.setdefault(entry["reason"], []).append(entry)
    return by_reason


def explain(event: Event) -> dict[str, str] | None:
    """The entry of this reason that fits best; None when the catalogue does not know the reason."""
    entries = _catalogue().get(event.reason)
    if not entries:
        return None
    best = max(entries, key=lambda entry: _likeness(entry, event))
    return {name: best[name] for name in TEXTS}


def _likeness(entry: dict[str, Any], event: Event) -> int:
    """Components use one word for different things: the component says most, then kind and level."""
    score: int = 4 * (entry["component"] == event.component)
    score += 2 * (event.kind in entry["kind"]) + (event.level in entry["type"])
    # A variant is the special case of an entry without one: it needs its word in the message to be preferred.
    variant = entry.get("variant")
    if variant:
        score += 1 if variant.lower() in event.message[:4096].lower() else -1
    return score
