"""JSON as Go's `encoding/json` reads it into a struct: keys in any case, unknown keys ignored, the last of two equal
keys counts, null leaves the default, and a value of the wrong type is an error."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any, cast

from npd.config.durations import parse_duration
from npd.config.problems import ConfigProblem, Findings

MAX_BYTES = 4 * 1024 * 1024

_TYPES: dict[type, str] = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


class Section:
    """An object of the file, with where it stands. Each getter tells what is wrong and gives the default then."""

    def __init__(self, values: dict[str, Any], place: str, findings: Findings) -> None:
        self.values = {key.casefold(): (key, value) for key, value in values.items()}
        self.place = place
        self.findings = findings
        self._known: set[str] = set()

    def at(self, key: str) -> str:
        return f"{self.place}: {key}" if self.place else key

    def wrong(self, key: str, what: str) -> None:
        self.findings.wrong(self.at(key), what)

    def has(self, key: str) -> bool:
        return self._value(key) is not None

    def _value(self, key: str) -> Any:
        self._known.add(key.casefold())
        return self.values.get(key.casefold(), (key, None))[1]

    def _get(self, key: str, kind: type) -> Any:
        value = self._value(key)
        if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
            return value
        self.wrong(key, f"{json.dumps(value, ensure_ascii=False)[:80]} is not {_TYPES[kind]}")
        return None

    def text(self, key: str, default: str = "") -> str:
        value = self._get(key, str)
        return default if value is None else cast(str, value)

    def number(self, key: str, default: int, *, least: int, zero: int | None = None) -> int:
        """`zero`: what 0 stands for, where it stands for something."""
        value = self._get(key, int)
        if value is None:
            return default
        if value == 0 and zero is not None:
            return zero
        if value < least:
            self.wrong(key, f"{value} is too small, at least {least} is accepted")
            return default
        return cast(int, value)

    def flag(self, key: str, default: bool) -> bool:
        value = self._get(key, bool)
        return default if value is None else cast(bool, value)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._get(key, list) or []
        for value in values:
            if not isinstance(value, str):
                self.wrong(key, f"{json.dumps(value)[:80]} is not a string")
        return tuple(value for value in values if isinstance(value, str))

    def duration(
        self,
        key: str,
        default: float,
        *,
        least: float | None = None,
        over: float | None = None,
        empty_ok: bool = False,
    ) -> float:
        """Seconds. `over`: must be longer than this."""
        text = self._get(key, str)
        if text is None or (empty_ok and not text):
            return default
        try:
            seconds = parse_duration(text)
        except ValueError as error:
            self.wrong(key, str(error))
            return default
        if (least is not None and seconds < least) or (over is not None and seconds <= over):
            self.wrong(
                key, f"{text!r} is too short, {'more than 0s' if over == 0 else 'at least 0s'} is accepted"
            )
            return default
        return seconds

    def section(self, key: str) -> Section:
        return Section(self._get(key, dict) or {}, self.at(key), self.findings)

    def sections(self, key: str, name: str) -> list[Section]:
        """Objects of a list; `name` is the key whose value tells people which one is meant."""
        found = []
        for index, value in enumerate(self._get(key, list) or []):
            place = f"{key}[{index}]"
            if not isinstance(value, dict):
                self.findings.wrong(place, f"{json.dumps(value)[:80]} is not an object")
                continue
            section = Section(value, place, self.findings)
            called = section.values.get(name, ("", None))[1]
            if isinstance(called, str) and called:
                section.place = f"{place} ({called})"
            found.append(section)
        return found

    def done(self) -> None:
        """Tell at debug which keys nobody asked for."""
        for folded, (key, _) in self.values.items():
            if folded not in self._known:
                self.findings.note(self.at(key), "is not known and is ignored")


def read_json(path: Path) -> dict[str, Any]:
    """The object of a file. ConfigProblem."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigProblem([f"{path}: cannot be read: {error.strerror}"]) from error
    if len(data) > MAX_BYTES:
        raise ConfigProblem(
            [f"{path}: is larger than {MAX_BYTES // 1024 // 1024} MiB; that is no configuration file"]
        )
    return decode_json(data, str(path))


def packaged(name: str) -> bytes:
    """A file of ours."""
    return (resources.files("npd") / "data" / name).read_bytes()


def decode_json(data: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8", "replace"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigProblem([f"{name}: is no JSON: {error.msg} ({where})"]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigProblem([f"{name}: is no JSON: {error}"]) from error
    if not isinstance(value, dict):
        raise ConfigProblem([f"{name}: holds no JSON object"])
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
