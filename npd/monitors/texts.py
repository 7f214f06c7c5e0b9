"""Texts as the original writes them."""

from __future__ import annotations

from npd.model import Condition, Event, Severity

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's `strings.TrimSpace` takes away. Python's `strip` takes four control characters more."""

_QUOTED = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    '"': r"\"",
    "\\": r"\\",
}


def trimmed(text: bytes) -> bytes:
    """As UTF-8 whatever came, without white space at both ends."""
    if text.isascii():
        return text.strip()
    return text.decode("utf-8", "replace").strip(SPACE).encode()


def valid(text: bytes) -> bytes:
    """As UTF-8 whatever came: regular expressions do not see other bytes."""
    return text if text.isascii() else text.decode("utf-8", "replace").encode()


def quoted(text: str) -> str:
    """As Go's `%q`."""
    return '"' + "".join(map(_quoted_char, text)) + '"'


def _quoted_char(char: str) -> str:
    if char in _QUOTED:
        return _QUOTED[char]
    if char == " " or char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def change_event(condition: Condition) -> Event:
    """The event that tells of a condition's change."""
    message = (
        f"Node condition {condition.type} is now: {condition.status}, reason: {condition.reason}, "
        f"message: {quoted(condition.message)}"
    )
    severity = Severity.WARN if condition.status == "True" else Severity.INFO
    return Event(severity, condition.since, condition.reason, message)
