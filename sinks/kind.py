"""What a kind of sink declares of itself: its options with types and defaults, what it needs, how much it takes.

The declaration is read without the destination's client library, so that a configuration can be checked, listed and
documented where that is not installed."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sinks.delivery import Sender
    from sinks.messages import Messenger
    from sinks.settings import SinkSettings


def text(given: str) -> str:
    """Parsers of options raise ValueError saying what is accepted; the value is quoted by who calls."""
    if not given.strip():
        raise ValueError("is empty")
    return given.strip()


def any_text(given: str) -> str:
    return given


def boolean(given: str) -> bool:
    """As Go's flags and YAML write it."""
    word = given.strip().lower()
    if word in ("true", "yes", "on", "1", "t"):
        return True
    if word in ("false", "no", "off", "0", "f"):
        return False
    raise ValueError("is neither true nor false")


def number(least: int, most: int) -> Callable[[str], int]:
    def parse(given: str) -> int:
        try:
            value = int(given)
        except ValueError:
            raise ValueError(f"is not a whole number from {least} to {most}") from None
        if not least <= value <= most:
            raise ValueError(f"is not from {least} to {most}")
        return value

    return parse


def one_of(*accepted: str) -> Callable[[str], str]:
    """Written as accepted, whatever the case."""

    def parse(given: str) -> str:
        for word in accepted:
            if given.strip().lower() == word.lower():
                return word
        raise ValueError(f"is not one of {', '.join(accepted)}")

    return parse


def comma_list(given: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip())


_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(given: str) -> float:
    """Seconds of `30s`, `5m`, `1h30m`."""
    import re

    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", given.strip())
    if not parts or "".join(value + unit for value, unit in parts) != given.strip():
        raise ValueError("is not a duration like 30s, 5m or 1h30m")
    return sum(float(value) * _SECONDS[unit] for value, unit in parts)


@dataclass(frozen=True, slots=True)
class Option:
    """One key of an address or of a sink in eventcenter.yaml. With `many`, the value is a tuple, one for each time that
    the key is given; `default` is then a tuple too."""

    name: str
    help: str
    parse: Callable[[str], Any] = text
    default: Any = None
    required: bool = False
    many: bool = False
    secret: bool = False
    """Never shown again."""
    env: str = ""
    """The environment variable that says it where the address does not."""
    ignored: bool = False
    """Known from kube-eventer and without a meaning here: accepted, with a notice."""


class Url(enum.Enum):
    """What stands between the name and the options."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    summary: str
    """One line: where events go and as what."""
    example: str
    """An address as people write it, without a real secret."""
    options: tuple[Option, ...]
    open: Callable[[SinkSettings], Sender] | None = None
    """Makes the sender. It imports the client library and does not connect. ConfigError for settings that only the
    library can judge."""
    messenger: Callable[[SinkSettings], Messenger] | None = None
    """Instead of `open`, for kinds that tell people: messages in place of events."""
    aliases: tuple[str, ...] = ()
    url: Url = Url.REQUIRED
    passes_on: bool = False
    """Options that are not ours belong to the URL."""
    secret_path: bool = False
    """The path of the URL is a secret, as of chat robots."""
    secret_host: bool = False
    """So is what stands in the place of the host, as in Apprise's addresses."""
    modules: tuple[str, ...] = ()
    """What must be importable."""
    extra: str = ""
    """The optional extra that brings it."""
    batch: int = 1
    """How many items it takes at once, at most."""
    needs_raw: bool = True
    default_level: str = "Normal"
    """What `level` is where it is not given: kube-eventer's default of the sink."""
    over_http: bool = False
    """Everything goes over `sinks.http`, which can refuse addresses that lead inside: only such kinds can be set up in
    the page."""
    per_minute: float | None = None
    """How many sends the destination takes."""
    read: Callable[[str], tuple[str, list[tuple[str, str]]]] | None = None
    """For addresses of a shape of their own (mysql, mongo): the text behind `NAME:` → (URL, options)."""
    notes: tuple[str, ...] = field(default=())
    """What its documentation says beside the options."""
