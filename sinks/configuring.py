"""The sinks of a configuration: all problems of all of them together, as whoever mends it wants the whole list; and a
name for each under which its position is kept."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping, Sequence

from eventcenter.errors import ConfigError
from sinks.reading import Reading, Written
from sinks.secrets import Resolve, resolved, resolver
from sinks.settings import SinkSettings, Surroundings


def configure(
    written: Sequence[Written],
    surroundings: Surroundings | None = None,
    *,
    guarded: bool = False,
    resolve: Resolve = resolved,
    env: Mapping[str, str] | None = None,
) -> list[SinkSettings]:
    """The sinks of a configuration. ConfigError with one line for each problem of any of them."""
    problems: list[str] = []
    found: list[SinkSettings] = []
    for number, one in enumerate(written, start=1):
        reading = Reading(one, number, surroundings or Surroundings(), guarded, resolve, env or os.environ)
        found += reading.read()
        problems += reading.problems
    if problems:
        raise ConfigError("\n".join(problems))
    return _with_names(found)


unread = resolver(lambda namespace, name, key: "unread")
"""For looking at settings where no cluster is asked."""


def problems(written: Sequence[Written]) -> list[str]:
    """What is wrong, a line each, as far as it can be told without the cluster."""
    try:
        for sink in configure(written, resolve=unread):
            opener = sink.kind.open or sink.kind.messenger
            if opener is not None:
                opener(sink).close()
    except ConfigError as error:
        return str(error).splitlines()
    return []


def _with_names(found: list[SinkSettings]) -> list[SinkSettings]:
    """Every sink with a name of its own: as given, or made of what does not change when a password does."""
    given = [sink.name for sink in found if sink.name]
    if double := sorted({name for name in given if given.count(name) > 1}):
        raise ConfigError(
            f"more than one sink has the name {', '.join(double)}; give each its own with name="
        )
    taken = set(given)
    named = []
    for sink in found:
        name = sink.name or _free(_made_name(sink), taken)
        taken.add(name)
        named.append(dataclasses.replace(sink, name=name))
    return named


def _made_name(sink: SinkSettings) -> str:
    plain = {
        option.name: sink.options[option.name]
        for option in sink.kind.options
        if not option.secret and sink.options[option.name] != option.default
    }
    told = repr((sink.shown, sorted(plain.items())))
    return f"{sink.kind.name}-{hashlib.sha256(sink.hide(told).encode()).hexdigest()[:6]}"


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    return candidate
