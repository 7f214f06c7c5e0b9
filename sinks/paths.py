"""Names of topics and subjects that are made of an event: `events/{namespace}/{kind}`."""

from __future__ import annotations

import re
from collections.abc import Callable

from eventcenter.model import Event

FIELDS = ("instance", "level", "namespace", "kind", "name", "reason", "component", "hostname")
NOTHING = "_"
"""In place of an empty field; no namespace and no object can have that name."""
_FIELD = re.compile(r"\{(\w*)\}")


def path_of(forbidden: str) -> Callable[[str], str]:
    """A parser of options; none of the characters of `forbidden` may stand in the pattern."""

    def parse(given: str) -> str:
        unknown = [name for name in _FIELD.findall(given) if name not in FIELDS]
        plain = _FIELD.sub("", given)
        if unknown or "{" in plain or "}" in plain:
            raise ValueError(f"may hold {', '.join('{' + name + '}' for name in FIELDS)}")
        if not given.strip() or re.search(rf"[{re.escape(forbidden)}\s\x00-\x1f]", plain):
            raise ValueError(f"is empty or holds a space or one of {' '.join(forbidden)}")
        return given.strip()

    return parse


def filled(pattern: str, event: Event, separator: str) -> str:
    """The name for an event. What could separate, or be a wildcard, becomes `_` in a value."""

    def value(match: re.Match[str]) -> str:
        text = str(getattr(event, match[1])).encode("utf-8", "replace").decode()
        return re.sub(rf"[{re.escape(separator)}+#*>$\s\x00-\x1f\x7f-\x9f]", "_", text)[:200] or NOTHING

    return _FIELD.sub(value, pattern)
