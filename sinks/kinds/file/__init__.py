"""`file`: events as lines of JSON in a file that is rotated here or by logrotate."""

from __future__ import annotations

import re

from sinks.delivery import Sender
from sinks.kind import Kind, Option, boolean, duration, number, one_of
from sinks.payload import format_option
from sinks.settings import SinkSettings

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}


def size(given: str) -> int:
    """Bytes of `100Mi`; 0 for never."""
    match = re.fullmatch(r"(\d+)\s*([kmg]i?)?b?", given.strip().lower())
    if match is None:
        raise ValueError("is not a size like 100Mi, 1Gi or 500000")
    return int(match[1]) * _UNITS[match[2] or ""]


def _open(settings: SinkSettings) -> Sender:
    from sinks.kinds.file.sender import File

    return File(settings)


KIND = Kind(
    name="file",
    summary="A file, a JSON object a line, rotated by size and age.",
    example="file:/var/log/eventcenter/events.jsonl?rotate_size=100Mi&keep=7&compress=gzip",
    options=(
        Option("rotate_size", "begin a new file when this one would get larger; 0: never", size, 100 * 2**20),
        Option(
            "rotate_age", "begin a new file when this one has become so old; 0s: never", duration, 86400.0
        ),
        Option("keep", "how many old files are kept; 0: all", number(0, 100_000), 7),
        Option("compress", "how old files are compressed", one_of("none", "gzip", "zstd"), "gzip"),
        Option("fsync", "a batch counts as taken once it is on the disk", boolean, True),
        format_option(),
    ),
    open=_open,
    batch=500,
)
