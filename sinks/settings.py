"""A sink, ready to be opened: what people wrote about it, checked (`configuring`, `reading`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sinks import address
from sinks.common import COMMON, FOR_PEOPLE
from sinks.filters import Filter
from sinks.kind import Kind, Option


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sinks of a center share."""

    instance: str = "default"
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the settings; in every record."""
    url: str = ""
    """Where the pages are for those who get a message, as in https://events.example.com; empty: no links."""
    language: str = "en"
    version: str = ""
    config_map: Callable[[str, str], Mapping[str, str]] | None = None
    """Reads a ConfigMap (namespace, name); None where there is no cluster. ConfigError when it cannot be had."""


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """A sink, ready to be opened."""

    name: str
    """Unique, and the same at every start: the position in the log is kept under it."""
    kind: Kind
    url: str
    """Without options; secrets are in it."""
    options: Mapping[str, Any]
    """Every option of the kind and of `common`, parsed, with its default where it was not given."""
    filter: Filter
    surroundings: Surroundings = field(default_factory=Surroundings)
    guarded: bool = False
    """Set up in the page: it must not lead inside."""
    secrets: frozenset[str] = frozenset()
    """Texts that are never shown."""
    notices: tuple[str, ...] = ()
    """What was accepted and does nothing."""

    def __getitem__(self, option: str) -> Any:
        return self.options[option]

    @property
    def timeout_s(self) -> float:
        return float(self.options["timeout"])

    @property
    def batch(self) -> int:
        """How many items the sender takes at once: what an option says that is called so, else the kind."""
        return int(self.options.get("batch") or self.options.get("batchsize") or self.kind.batch)

    def hide(self, text: str) -> str:
        """`text` without secrets."""
        return address.hide_secrets(text, self.secrets)

    @property
    def shown(self) -> str:
        """The address for people, without secrets and options."""
        return self.hide(address.without_password(f"{self.kind.name}:{self.url}"))

    @property
    def shown_whole(self) -> str:
        """The same with its options, as far as they were given."""
        given = [
            (option.name, value)
            for option in options_of(self.kind)
            if (value := self.options[option.name]) != option.default
            and not (option.name == "level" and value == self.kind.default_level)
        ]
        options = urlencode(
            [(name, self.hide(str(one))) for name, value in given for one in each(value)], safe="*:/,"
        )
        return f"{self.shown}{'&' if '?' in self.url else '?' if options else ''}{options}"


def options_of(kind: Kind) -> tuple[Option, ...]:
    """Its own options, then those that every sink has; its own win."""
    own = {option.name for option in kind.options}
    shared = COMMON + (FOR_PEOPLE if kind.messenger is not None else ())
    return kind.options + tuple(option for option in shared if option.name not in own)


def each(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
