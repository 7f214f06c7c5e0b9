"""How values of settings are written: text or YAML in, checked values out. ValueError says what is
accepted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcenter.patterns import searcher

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_LONGEST = 3650 * DAY
_SIZES = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SMALLEST_SIZE = 50 * 10**6

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}
RECORD_FIELDS = ("hostname", "level", "pod_id", "pod_name", "event_id", "eventId")
"""What a record says of the event (`shapes.record_shape`; kube-eventer says eventId): no label is called so."""
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen. `host` is empty nowhere: `:8080` has become 0.0.0.0."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{_shown(value)} is not text")
    if not str(value).strip():
        raise ValueError("is empty")
    if "\0" in str(value):
        raise ValueError(f"{_shown(value)} holds a NUL character")
    return str(value).strip()


def path(value: Any) -> Path:
    given = text(value)
    try:
        return Path(given).expanduser()
    except RuntimeError:
        raise ValueError(f"{_shown(given)} begins with the home of a user that there is not") from None


def boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"{_shown(value)} is neither true nor false")
    return word in _TRUE


def paths(value: Any) -> tuple[Path, ...]:
    """Several files: a list, or text with commas."""
    given = value if isinstance(value, list | tuple) else text(value).split(",")
    return tuple(path(one) for one in given if str(one).strip())


def whole(least: int, most: int) -> Callable[[Any], int]:
    """A whole number in that range, both included."""

    def parse(value: Any) -> int:
        given = text(value)
        if not re.fullmatch(r"\d{1,9}", given) or not least <= int(given) <= most:
            raise ValueError(f"{_shown(given)} is not a whole number from {least} to {most}")
        return int(given)

    return parse


def patterns(value: Any) -> tuple[str, ...]:
    """Several regular expressions: a list, or text with one a line, as they may hold any other character."""
    given = value if isinstance(value, list | tuple) else text(value).split("\n")
    found = tuple(text(one) for one in given if str(one).strip())
    for pattern in found:
        try:
            everywhere = searcher(pattern)("")
        except ValueError as error:
            raise ValueError(f"{_shown(pattern)} {error}") from None
        if everywhere:
            raise ValueError(f"{_shown(pattern)} matches the empty text, so everywhere")
    return found


def address(value: Any) -> Address:
    given = text(value)
    host, colon, port = given.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or (":" in host and not bracketed) or not re.fullmatch(r"\d{1,5}", port):
        raise ValueError(
            f"{given!r} is not HOST:PORT; accepted are 127.0.0.1:8080, [::1]:8080 and :8080 (every address)"
        )
    if int(port) > 65535:
        raise ValueError(f"port {port} of {given!r} is not between 0 and 65535")
    return Address(host.strip("[]") or "0.0.0.0", int(port))


def duration(value: Any) -> int:
    """Milliseconds of `90d`. A bare number is refused: days and seconds would both be plausible."""
    given = text(value)
    match = re.fullmatch(r"(\d{1,6})\s*([mhdw])", given)
    if not match:
        raise ValueError(
            f"{given!r} is not a duration; accepted is a whole number and m, h, d or w, as in 90d"
        )
    length = int(match[1]) * _UNITS[match[2]]
    if not HOUR <= length <= _LONGEST:
        raise ValueError(f"{given!r} is not between 1h and 3650d")
    return length


def show_duration(length: int) -> str:
    """In the largest unit that says it whole: d, h, m, else seconds."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if length and length % size == 0:
            return f"{length // size}{unit}"
    return f"{length // 1000}s"


def size(value: Any) -> int:
    """Bytes of `10GB`. `10G` is as in Kubernetes, 10Gi too."""
    given = text(value)
    match = re.fullmatch(r"(\d{1,6})\s*([MGT]i?)B?", given)
    if not match:
        raise ValueError(
            f"{given!r} is not a size; accepted is a whole number and MB, GB, TB, MiB, GiB or TiB, as in 10GB"
        )
    length = int(match[1]) * _SIZES[match[2] + "B"]
    if length < _SMALLEST_SIZE:
        raise ValueError(f"{given!r} is less than 50MB")
    return length


def show_size(length: int) -> str:
    fitting = [(length // unit, name) for name, unit in _SIZES.items() if length % unit == 0]
    return "{}{}".format(*min(fitting))


def words(value: Any) -> tuple[str, ...]:
    """A YAML list, or text with commas or blanks between its parts."""
    if isinstance(value, list | tuple):
        return tuple(text(item) for item in value)
    return tuple(part for part in re.split(r"[,\s]+", text(value)) if part)


def labels(value: Any) -> dict[str, str]:
    """A mapping, a list of KEY=VALUE, or text with commas between them."""
    if isinstance(value, dict):
        pairs = [(text(key), _label_value(item)) for key, item in value.items()]
    else:
        given = value if isinstance(value, list | tuple) else text(value).split(",")
        pairs = [_label(text(item)) for item in given]
    for key, item in pairs:
        if not _LABEL.fullmatch(key) or key in RECORD_FIELDS or key.startswith("__"):
            raise ValueError(
                f"{_shown(key)} cannot be the key of a label; accepted are a letter or _ and up to 62 letters, digits, "
                f"_ . -, but not {', '.join(RECORD_FIELDS)} or what begins with __"
            )
        if len(item) > 1000 or any(0xD800 <= ord(c) < 0xE000 or c == "\0" for c in item):
            raise ValueError(f"the value of the label {key} is longer than 1000 characters or no text")
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key is given more than once")
    return dict(pairs)


def _label(given: str) -> tuple[str, str]:
    key, equals, value = given.partition("=")
    if not equals:
        raise ValueError(f"{_shown(given)} is not KEY=VALUE")
    return key.strip(), value.strip()


def _label_value(value: Any) -> str:
    """A number or true of the file is taken as it is written there, as far as YAML tells; nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise ValueError(f"{_shown(value)} is not text")
    return str(value).strip()


def sinks(value: Any) -> tuple[str | dict[str, Any], ...]:
    """A list of addresses and of mappings, or addresses with blanks between them. `sinks.settings` judges each; no part
    of a value is repeated here, as it may be a token."""
    if not isinstance(value, list | tuple):
        return tuple(text(value).split())
    for one in value:
        if not isinstance(one, str | dict) or not one:
            raise ValueError("a sink is an address, NAME:URL?key=value, or a mapping with `uri`")
    return tuple(one if isinstance(one, dict) else one.strip() for one in value)


def show_sinks(value: tuple[str | dict[str, Any], ...]) -> list[str]:
    """Only the names: what follows may be secret, and only the kind of the sink knows."""
    uris = [one if isinstance(one, str) else str(one.get("uri", "")) for one in value]
    return [f"{uri.partition(':')[0]}:***" for uri in uris]


def web_url(value: Any) -> str:
    given = text(value)
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", given):
        raise ValueError(f"{_shown(given)} is not a web address like https://events.example.com")
    return given.rstrip("/")


def language(value: Any) -> str:
    return _one_of(value, ("en", "zh"))


def instance(value: Any) -> str:
    given = text(value)
    if not _DNS_LABEL.fullmatch(given):
        raise ValueError(f"{given!r} is not a name of 1 to 63 lower-case letters, digits and -")
    return given


def namespaces(value: Any) -> tuple[str, ...]:
    given = words(value)
    for name in given:
        if not _DNS_LABEL.fullmatch(name):
            raise ValueError(f"{name!r} is not a namespace (1 to 63 lower-case letters, digits and -)")
    return tuple(dict.fromkeys(given))


def _one_of(value: Any, accepted: tuple[str, ...]) -> str:
    given = text(value).lower()
    if given not in accepted:
        raise ValueError(f"{given!r} is not one of {', '.join(accepted)}")
    return given


def log_level(value: Any) -> str:
    return _one_of(value, ("debug", "info", "warning", "error"))


def log_format(value: Any) -> str:
    return _one_of(value, ("text", "json"))


def source(value: Any) -> str:
    """Only the kind is checked here; `watch.source` reads the rest."""
    given = text(value)
    if given.partition(":")[0] != "kubernetes":
        raise ValueError(
            f"{show_source(given)!r} is not a source; accepted is kubernetes:[URL][?OPTION=VALUE&…]"
        )
    return given


def show_source(uri: str) -> str:
    """The URI without a password that somebody put into it."""
    return re.sub(r"//[^/@?]*@", "//***@", uri)


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
