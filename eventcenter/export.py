"""Stored events as JSON lines, in a form that `import` takes back, into a file that can be continued.

A line of the form `events` is a line of a recorded watch with more in it: `history` (how the event was before its
newest change), `cursor` (where to go on after it) and, for an event without any time, `received`. The first line is a
BOOKMARK that says what was asked for; only the same question continues a file. Records are flat and exact: what
continues a file of them stands in a file beside it.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

from eventcenter.errors import ConfigError, MalformedEvent
from eventcenter.model import ChangeType
from eventcenter.normalize import normalize
from eventcenter.shapes import json_bytes, record_shape
from eventcenter.store.export import Exported

NOTE = "eventcenter/export"
_PIECE = 1 << 20
"""Bytes that are written together; compressed, each is a gzip member of its own, so that a cut file ends well."""
_BLOCK = 1 << 16


def header(asked: dict[str, Any]) -> bytes:
    """The first line of a file of the form `events`."""
    note = {NOTE: json.dumps(asked, sort_keys=True)}
    about = {"kind": "Event", "apiVersion": "v1", "metadata": {"annotations": note}}
    return encoded({"type": "BOOKMARK", "object": about})


def event_line(item: Exported) -> bytes:
    line: dict[str, Any] = {"type": "ADDED", "object": item.raw, "cursor": item.cursor}
    if item.history:
        now = item.event.message
        line["history"] = [
            [time, count] if message == now else [time, count, message]
            for time, count, message in item.history
        ]
    if not _tells_time(item.raw):
        line["received"] = item.event.last_time
    return encoded(line)


def _tells_time(raw: dict[str, Any]) -> bool:
    try:
        return normalize(ChangeType.ADDED, raw, received=-1).event.last_time != -1
    except MalformedEvent:
        return True


def encoded(value: Any) -> bytes:
    return json_bytes(value) + b"\n"


class Begun(NamedTuple):
    """What a file holds already."""

    first: bytes
    last: bytes
    """Its first line and its last whole one."""
    end: int
    """Where that one ends in the file."""


def continued(path: Path, head: bytes) -> str | None:
    """Cut what an interrupted export left unfinished in `path`; the cursor to go on after, None to begin."""
    begun = _begun_gzip(path) if path.suffix == ".gz" else _begun(path)
    if not begun.end and head.startswith(
        path.read_bytes()[: len(head)]
    ):  # it did not even get its first line
        os.truncate(path, 0)
        return None
    if begun.first != head:
        raise ConfigError(
            f"{path} exists and is no export of the same question",
            hint="Choose another file, or replace it with --force.",
        )
    os.truncate(path, begun.end)
    cursor = _decoded(begun.last).get("cursor")
    return cursor if isinstance(cursor, str) else None


def _decoded(line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    return found if isinstance(found, dict) else {}


def _begun(path: Path) -> Begun:
    with path.open("rb") as file:
        first = file.readline(_BLOCK)
        end = file.seek(0, os.SEEK_END)
        tail = b""
        while end and tail.count(b"\n") < 2:
            step = min(_BLOCK, end)
            end = file.seek(end - step)
            tail = file.read(step) + tail
    whole = tail[: tail.rfind(b"\n") + 1]
    return Begun(first, whole[whole.rfind(b"\n", 0, -1) + 1 :], end + len(whole))


def _begun_gzip(path: Path) -> Begun:
    first, last, end = b"", b"", 0
    with path.open("rb") as file:
        for text, end in _members(file):  # noqa: B007
            first = first or text[: text.find(b"\n") + 1]
            last = text[text.rfind(b"\n", 0, -1) + 1 :]
    return Begun(first, last, end)


def _members(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """The whole members of a gzip file with where each ends; what comes after the last whole one is left out."""
    rest = b""
    while rest or (rest := file.read(_BLOCK)):
        member, parts = zlib.decompressobj(wbits=31), []
        while not member.eof:
            try:
                parts.append(member.decompress(rest))
            except zlib.error:
                return
            rest = member.unused_data if member.eof else file.read(_BLOCK)
            if not rest and not member.eof:
                return
        yield b"".join(parts), file.tell() - len(rest)


@dataclass(frozen=True, slots=True)
class Beside:
    """The file beside a file of records: for which question, the cursor of the last one, and where it ends."""

    path: Path
    question: str

    @classmethod
    def of(cls, file: Path, question: str) -> Beside:
        return cls(file.with_name(file.name + ".cursor"), question)

    def note(self, cursor: str | None, end: int) -> None:
        """Renamed into its place, so that it is always whole; it may be behind the file, never ahead."""
        partial = self.path.with_name(self.path.name + ".partial")
        partial.write_text(json.dumps({"question": self.question, "cursor": cursor, "end": end}))
        partial.replace(self.path)

    def continued(self, file: Path) -> str | None:
        """Cut what is behind the noted end of `file`; the cursor to go on after, None to begin. ConfigError where
        nothing is noted of this question."""
        try:
            noted = json.loads(self.path.read_text())
            question, cursor, end = noted["question"], noted["cursor"], int(noted["end"])
        except (OSError, ValueError, LookupError, TypeError):
            question = None
        if question != self.question or end > file.stat().st_size:
            raise ConfigError(
                f"{file} exists and is no export of the same question",
                hint="Choose another file, go on in it with --after CURSOR, or replace it with --force.",
            )
        os.truncate(file, end)
        return cursor if isinstance(cursor, str) else None


class Sink:
    """Takes lines; writes them in large pieces that end with a line."""

    def __init__(self, file: IO[bytes], *, compress: bool, beside: Beside | None = None) -> None:
        self._file = file
        self._compress = compress
        self._beside = beside
        self._lines: list[bytes] = []
        self._length = 0
        self._cursor: str | None = None

    def write(self, line: bytes, cursor: str | None = None) -> None:
        """`cursor` goes on after this line."""
        self._lines.append(line)
        self._length += len(line)
        self._cursor = cursor
        if self._length >= _PIECE:
            self.flush()

    def flush(self) -> None:
        piece = b"".join(self._lines)
        self._lines, self._length = [], 0
        if piece:
            self._file.write(gzip.compress(piece, 6, mtime=0) if self._compress else piece)
        self._file.flush()
        if piece and self._beside is not None and self._cursor is not None:
            self._beside.note(self._cursor, self._file.tell())


@contextmanager
def sink(path: Path, *, append: bool, beside: Beside | None = None) -> Iterator[Sink]:
    """Of a file, or of standard output (`-`). What was written whole stays when it is interrupted."""
    if str(path) == "-":
        out = Sink(sys.stdout.buffer, compress=False)
        yield out
        return out.flush()
    try:
        with path.open("ab" if append else "wb") as file:
            if beside is not None and not append:
                beside.note(None, 0)
            out = Sink(file, compress=path.suffix == ".gz", beside=beside)
            try:
                yield out
            finally:
                out.flush()
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}") from None


def write_all(
    items: Iterable[Exported], out: Sink, records: bool, labels: Mapping[str, str]
) -> Iterator[Exported]:
    """Hands on each item that was taken."""
    for item in items:
        line = encoded(record_shape(item.event, item.raw, labels)) if records else event_line(item)
        out.write(line, item.cursor)
        yield item
