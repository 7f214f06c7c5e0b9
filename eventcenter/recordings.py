"""Reads recorded events from files, for `replay` and `import`: whatever kubectl or a recorded watch left there.

Nothing is held whole: a list is parsed as a stream, everything else is read object by object. A bad object is
told and skipped where the next one can be found; inside a broken list it cannot, so there reading ends.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Literal, cast

import ijson
import msgspec

from eventcenter.errors import ConfigError, MalformedEvent

OnBad = Callable[[int, str], None]
"""Takes the number of the line and one line saying what is wrong with it."""

ACCEPTED = (
    "Accepted: a recorded watch (JSON lines), Event objects as JSON lines, what `kubectl get events -A -o json` "
    "or `kubectl get events -A -w -o json` prints, records; each also compressed with gzip."
)
_CHUNK = 1 << 16
_LONGEST = 32 << 20
"""Bytes of one object; etcd keeps none above 1.5 MB."""
_DEEPEST = 1000
_PATIENCE = 20
"""Bad objects at the beginning until the file is taken for something else."""
_OF_EXPORTS = ("history", "received")
"""What lines of our own exports tell beside the object."""
_RECORD = ("event_id", "eventId")
"""What the fields of a record are called that hold its object: as documented, and as kube-eventer writes it."""
_GZIP = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
_BYTE = re.compile(r" \(byte (\d+)\)$")

Shape = Literal["list", "array", "objects"]
Watched = dict[str, Any]
_Found = tuple[int, Watched | str | None]
"""A line number with the watch line that begins or ends there; a str tells why there is none, None means skip."""


def read_recording(
    source: str | os.PathLike[str] | IO[bytes], on_bad: OnBad | None = None
) -> Iterator[Watched]:
    """Watch lines `{"type", "object"}` in the order of the file; `-` is standard input.

    ConfigError: the file cannot be read or holds nothing of the kind. MalformedEvent: it breaks off in the
    middle; what came before has been handed out.
    """
    with _opened(source) as (name, stream):
        lines = _Lines(name, stream)
        yield from _good(name, _found(lines), on_bad or _ignore)


def _ignore(_line: int, _reason: str) -> None:
    return


@contextmanager
def _opened(source: str | os.PathLike[str] | IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    if isinstance(source, str | os.PathLike) and os.fspath(source) != "-":
        name = os.fspath(source)
        try:
            file = open(name, "rb")  # noqa: SIM115 - closed below, after the generator that reads it
        except OSError as error:
            raise ConfigError(f"{name}: {error.strerror}", hint=ACCEPTED) from error
        with file:
            yield name, _decompressed(file)
        return
    given = sys.stdin.buffer if isinstance(source, str | os.PathLike) else source
    name = "standard input" if given is sys.stdin.buffer else str(getattr(given, "name", "recording"))
    buffered = given if hasattr(given, "peek") else io.BufferedReader(cast(io.RawIOBase, given))
    try:
        yield name, _decompressed(cast(io.BufferedReader, buffered))
    finally:
        if buffered is not given:
            cast(io.BufferedReader, buffered).detach()


def _decompressed(file: io.BufferedReader) -> IO[bytes]:
    is_gzip = file.peek(2)[:2] == _GZIP
    return cast(IO[bytes], gzip.GzipFile(fileobj=file) if is_gzip else file)


class _Lines:
    """The file line by line, counted. `read` lets ijson read it too, so that its place is known to the line."""

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self.name = name
        self.number = 0
        """Of the line that was handed out last, from 1."""
        self._stream = stream
        self._ahead: list[bytes] = []
        self._open = False

    def read(self, size: int = -1) -> bytes:
        """At most one line, whatever is asked; ijson asks for 0 bytes first to learn the type."""
        chunk = self.chunk() if size else b""
        # ijson keeps a path for each open bracket, each longer than the last: gigabytes for a line of brackets
        if chunk.count(b"[") + chunk.count(b"{") - chunk.count(b"]") - chunk.count(b"}") > _DEEPEST:
            raise self.broken("nested too deeply")
        return chunk

    def line(self) -> bytes:
        """The next whole line, empty at the end; what is too long to be an event is cut."""
        parts: list[bytes] = []
        length = 0
        while chunk := self.chunk():
            if length <= _LONGEST:
                parts.append(chunk)
                length += len(chunk)
            if chunk.endswith(b"\n"):
                break
        return b"".join(parts)

    def rewind(self, chunks: list[bytes]) -> None:
        """Give back what was read so far, all of it."""
        self._ahead, self.number, self._open = chunks, 0, False

    def chunk(self) -> bytes:
        """The next line, or a part of a very long one."""
        chunk = self._ahead.pop(0) if self._ahead else self._from_file()
        if chunk and not self._open:
            self.number += 1
        self._open = bool(chunk) and not chunk.endswith(b"\n")
        return chunk

    def _from_file(self) -> bytes:
        try:
            chunk = self._stream.readline(_CHUNK)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self.broken("the compressed data is cut off or damaged") from error
        except OSError as error:
            raise ConfigError(f"{self.name}: {error.strerror or error}", hint=ACCEPTED) from error
        if self.number:
            return chunk
        if chunk.startswith(_UTF16_MARKS):
            raise ConfigError(f"{self.name}: this is UTF-16 text", hint="Save it as UTF-8. " + ACCEPTED)
        return chunk.removeprefix(_UTF8_MARK)

    def broken(self, problem: str) -> MalformedEvent:
        return MalformedEvent(f"{self.name}: line {self.number}: {problem}")


def _good(name: str, found: Iterator[_Found], on_bad: OnBad) -> Iterator[Watched]:
    """Drops the bad ones, and gives up on a file that begins with nothing but bad ones."""
    first_bad: list[tuple[int, str]] = []
    any_good = False
    for line, what in found:
        if not isinstance(what, str):
            any_good = True
            while first_bad:
                on_bad(*first_bad.pop(0))
            if what is not None:
                yield what
        elif any_good:
            on_bad(line, what)
        else:
            first_bad.append((line, what))
            if len(first_bad) == _PATIENCE:
                break
    if first_bad:
        line, reason = first_bad[0]
        raise ConfigError(f"{name}: holds no events: line {line}: {reason}", hint=ACCEPTED)


def _found(lines: _Lines) -> Iterator[_Found]:
    shape = _shape(lines)
    if shape == "objects":
        return _from_objects(lines)
    return _from_items(lines, "items.item" if shape == "list" else "item")


def _shape(lines: _Lines) -> Shape:
    """What the beginning of the file shows it to be. No more is read than is needed: it may come from a pipe."""
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events)
    chunks: list[bytes] = []
    try:
        while sum(map(len, chunks)) < _CHUNK and (chunk := lines.chunk()):
            chunks.append(chunk)
            parser.send(chunk)
            if shape := _shown(events):
                return shape
    except ijson.JSONError:
        return "objects"
    finally:
        lines.rewind(list(chunks))
    if not any(map(bytes.strip, chunks)):
        raise ConfigError(f"{lines.name}: is empty", hint=ACCEPTED)
    return "objects"


def _shown(events: list[tuple[str, Any]]) -> Shape | None:
    depth, key = 0, ""
    for event, value in events:
        if event == "start_array" and (depth == 0 or (depth == 1 and key == "items")):
            return "list" if depth else "array"
        if event.startswith("start_"):
            if depth == 1 and key in ("object", "involvedObject", "regarding"):
                return "objects"
            depth += 1
        elif event.startswith("end_"):
            depth -= 1
            if depth == 0:
                return "objects"
        elif event == "map_key" and depth == 1:
            key = value
    return None


def _from_items(lines: _Lines, path: str) -> Iterator[_Found]:
    """Several lists may follow each other: `kubectl … >> file`."""
    try:
        for item in ijson.items(lines, path, use_float=True, multiple_values=True):
            yield lines.number, _watched(item)
    except ijson.JSONError as error:
        if "premature EOF" in str(error):
            raise lines.broken("the file is cut off here") from error
        if "UTF8" in str(error):
            raise lines.broken("not JSON: not UTF-8 text") from error
        reason = str(error).splitlines()[0].partition(": ")[2].rstrip(".")
        raise lines.broken(f"not JSON: {reason}") from error


def _from_objects(lines: _Lines) -> Iterator[_Found]:
    for line, text in _objects(lines):
        if len(text) > _LONGEST:
            yield line, f"longer than {_LONGEST >> 20} MiB"
            continue
        try:
            yield line, _watched(_decoded(text.rstrip()))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield _place(line, text, error)


def _decoded(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        if _HALF_A_PAIR.search(text):  # half a surrogate pair, which only the lenient decoder takes
            with suppress(ValueError):
                return json.loads(text)
        raise


def _objects(lines: _Lines) -> Iterator[tuple[int, bytes]]:
    """Each object with the number of its first line: one on a line, or pretty-printed between `{` and `}`."""
    parts: list[bytes] = []
    begin = 0
    while line := lines.line():
        alone = line.rstrip()
        if parts and alone == b"{":
            yield begin, b"".join(parts)
            parts = []
        if parts or alone == b"{":
            begin = begin if parts else lines.number
            parts.append(line)
            if alone == b"}":
                yield begin, b"".join(parts)
                parts = []
        elif alone:
            yield lines.number, line
    if parts:
        yield begin, b"".join(parts)


def _place(line: int, text: bytes, error: Exception) -> tuple[int, str]:
    """The line of the mistake and what it is."""
    if isinstance(error, UnicodeDecodeError):
        return line, "not JSON: not UTF-8 text"
    if isinstance(error, RecursionError):
        return line, "nested too deeply"
    reason = str(error)
    if reason == "Input data was truncated":
        return line, "not JSON: cut off in the middle"
    if found := _BYTE.search(reason):
        line += text[: int(found[1])].count(b"\n")
        reason = reason[: found.start()]
    return line, f"not JSON: {reason.removeprefix('JSON is malformed: ')}"


def _watched(item: Any) -> Watched | str | None:
    if not isinstance(item, dict):
        return "a JSON object was expected"
    if not _is_event(item) and isinstance(item.get("object"), dict):
        return _from_watch(item)
    if _is_event(item):
        return {"type": "ADDED", "object": item}
    return _from_record(item) if any(key in item for key in _RECORD) else _no_event(item)


def _from_record(record: Watched) -> Watched | str:
    """A record holds the whole object as text; the rest of it is told by that too."""
    text = next(record[key] for key in _RECORD if key in record)
    try:
        obj = _decoded(text.encode()) if isinstance(text, str) else None
    except (msgspec.DecodeError, ValueError, RecursionError):
        obj = None
    if not isinstance(obj, dict) or not _is_event(obj):
        return "a record whose event_id is not the JSON of an Event"
    return {"type": "ADDED", "object": obj}


def _from_watch(line: Watched) -> Watched | str | None:
    kind, obj = line.get("type"), line["object"]
    if kind == "BOOKMARK":
        return None
    if kind == "ERROR":
        return f"the server ended the watch: {obj.get('message') or 'no reason given'}"
    if kind not in ("ADDED", "MODIFIED", "DELETED"):
        return f'"type": {kind!r}: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR was expected'
    if not _is_event(obj):
        return _no_event(obj)
    return {"type": kind, "object": obj} | {key: line[key] for key in _OF_EXPORTS if key in line}


def _is_event(item: Watched) -> bool:
    """Items of an EventList have no kind."""
    about = item.get("involvedObject") or item.get("regarding")
    return item.get("kind", "Event") == "Event" and ("kind" in item or isinstance(about, dict))


def _no_event(item: Watched) -> str:
    kind = item.get("kind")
    return f"a {kind} object, not an Event" if isinstance(kind, str) else "a JSON object, but not an Event"
