"""Text that other systems can hold: what the cluster sends may have halves of surrogate pairs and zero bytes."""

from __future__ import annotations

import re
from typing import Any

import msgspec

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def whole(text: str) -> str:
    """Text that can be written as UTF-8."""
    return text if text.isascii() else _SURROGATE.sub(UNKNOWN, text)


def without_zeros(text: str) -> str:
    """The same without U+0000, for systems whose strings end there."""
    text = whole(text)
    return text.replace("\0", UNKNOWN) if "\0" in text else text


def basic(text: str) -> str:
    """Only what three bytes of UTF-8 can say."""
    return text if text.isascii() else _ASTRAL.sub(UNKNOWN, whole(text))


def json_text(value: Any, *, zeros: bool = True) -> bytes:
    """JSON in which every string is whole; without `zeros` U+0000 is replaced, too."""
    try:
        written = msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_mended(value, zeros))
    return written if zeros or b"\\u0000" not in written else msgspec.json.encode(_mended(value, zeros))


def _mended(value: Any, zeros: bool) -> Any:
    if isinstance(value, str):
        return whole(value) if zeros else without_zeros(value)
    if isinstance(value, dict):
        return {_mended(key, zeros): _mended(one, zeros) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(one, zeros) for one in value]
    return value
