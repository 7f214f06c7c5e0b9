"""Records of /dev/kmsg: `prio,seq,µs,flags;text`, then lines ` KEY=value`. Documentation/ABI/testing/dev-kmsg.

The original leaves the ` KEY=value` lines in the message, so that no rule matches up to its end, and it leaves `\\xNN`
as the kernel escapes bytes; here both are put right."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from npd.monitors.texts import trimmed

_PREFIX = re.compile(rb"([+-]?\d+),([+-]?\d+),([+-]?\d+)(?:,[^;]*)?;")
_ESCAPED = re.compile(rb"\\x([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Record:
    priority: int
    """Level and facility: level + 8 × facility."""
    sequence: int
    usec: int
    """Since boot, by the clock of the kernel log."""
    message: str
    """Trimmed; may hold line ends."""
    dictionary: dict[str, str] = field(default_factory=dict)


def parse_record(raw: bytes) -> Record | None:
    """None when it is no record."""
    found = _PREFIX.match(raw)
    if found is None:
        return None
    text, *rest = raw[found.end() :].split(b"\n")
    return Record(
        int(found[1]),
        int(found[2]),
        int(found[3]),
        clean(text).decode(),
        dict(_pair(line) for line in rest if line.startswith(b" ") and b"=" in line),
    )


def _pair(line: bytes) -> tuple[str, str]:
    key, _, value = line[1:].partition(b"=")
    return key.decode("utf-8", "replace"), unescaped(value).decode("utf-8", "replace")


def clean(text: bytes) -> bytes:
    """The text of a record as it was before the kernel escaped it; UTF-8, trimmed."""
    if b"\\" in text:
        text = unescaped(text)
    return trimmed(text)


def unescaped(text: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), text)
