"""From settings to checks: which are on, how often they look, with what thresholds and under which names.

{"names": "ack", "checks": {"fd": {"threshold_percent": 70, "invoke_interval": "10s"}, "docker": {"enabled":
false}}}

Every check takes the keys of `_PACE`, `_WORDS` and `enabled`, and the fields of its own options."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, get_type_hints

from npd.checks.catalogue import BY_NAME, KINDS
from npd.checks.frame import Check, Host, Kind, Node, Pace, Words
from npd.checks.processes import Processes
from npd.config.durations import parse_duration

NAMES = ("ack", "upstream")
_PACE = {
    "invoke_interval": "period",
    "timeout": "timeout",
    "hold_down": "hold",
    "bad": "bad",
    "of": "of",
    "good": "good",
}
_WORDS = {
    "reason": "reason",
    "condition": "condition",
    "default_reason": "healthy_reason",
    "default_message": "healthy_message",
}
_DURATIONS = ("invoke_interval", "timeout", "hold_down")


@dataclass(frozen=True, slots=True)
class Built:
    """What `CheckMonitor` takes."""

    checks: tuple[Check, ...]
    off: Mapping[str, str] = field(default_factory=dict)
    """Checks that do not run, with the reason."""


def build(
    settings: Mapping[str, Any],
    host: Host | None = None,
    *,
    may_repair: bool = False,
    taken: Collection[str] = (),
    wall: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
) -> Built:
    """The checks of `settings`, of which every part may be left out. `taken` are condition types that belong to other
    monitors: two that move one condition would fight over it, so a check of such a condition runs only when its
    settings say `"enabled": true`. ValueError says what is wrong, in one line."""
    names = settings.get("names", "ack")
    if names not in NAMES:
        raise ValueError(f"names: {names!r} is none of {', '.join(NAMES)}")
    given = _mapping(settings.get("checks", {}), "checks")
    if wrong := sorted(set(given) - set(BY_NAME)):
        raise ValueError(f"checks: there is no check {wrong[0]!r}; there are {', '.join(BY_NAME)}")
    host = host or Host()
    node = Node(host, Processes(host.proc, steady), wall, steady, may_repair)
    checks: list[Check] = []
    off: dict[str, str] = {}
    for kind in KINDS:
        own = _mapping(given.get(kind.name, {}), f"checks.{kind.name}")
        made = _checks(kind, own, node, names == "upstream") if _enabled(own, kind) else []
        if why := _why_off(made, own, kind, taken):
            off[kind.name] = why
        else:
            checks += made
    _refuse_shared_conditions(checks)
    return Built(tuple(checks), off)


def _refuse_shared_conditions(checks: list[Check]) -> None:
    owners: dict[str, str] = {}
    for check in checks:
        owner = owners.setdefault(check.words.condition, check.name)
        if check.words.condition and owner != check.name:
            raise ValueError(
                f"checks: condition {check.words.condition} is that of {owner!r} and of {check.name!r}; "
                "it would follow whichever looked last, so each needs its own"
            )


def _why_off(made: list[Check], own: Mapping[str, Any], kind: Kind, taken: Collection[str]) -> str:
    """'' when the checks run."""
    if not _enabled(own, kind):
        return "switched off" if "enabled" in own else "off by default"
    if not made:
        return "nothing to look at is configured"
    condition = made[0].words.condition
    if condition in taken and "enabled" not in own:
        return f"condition {condition} belongs to a configuration file"
    return ""


def _checks(kind: Kind, own: Mapping[str, Any], node: Node, upstream: bool) -> list[Check]:
    where = f"checks.{kind.name}"
    words = _words(kind.upstream if upstream and kind.upstream else kind.words, own, where)
    pace = _pace(kind.pace, own, where)
    try:
        looks = kind.make(node, _options(kind, own, where))
    except ValueError as error:
        raise ValueError(error if str(error).startswith(where) else f"{where}.{error}") from None
    return [
        Check(f"{kind.name} {target}".rstrip(), _about(words, target), pace, look)
        for target, look in looks.items()
    ]


def _about(words: Words, target: str) -> Words:
    return replace(words, healthy_message=f"{target}: {words.healthy_message}") if target else words


def _enabled(own: Mapping[str, Any], kind: Kind) -> bool:
    enabled = own.get("enabled", kind.on)
    if not isinstance(enabled, bool):
        raise ValueError(f"checks.{kind.name}.enabled: {enabled!r} is neither true nor false")
    return enabled


def _options(kind: Kind, own: Mapping[str, Any], where: str) -> Any:
    types = get_type_hints(kind.options)
    names = [option.name for option in fields(kind.options)]
    mine = {key: value for key, value in own.items() if key not in {*_PACE, *_WORDS, "enabled"}}
    if wrong := sorted(set(mine) - set(names)):
        known = ", ".join([*names, "enabled", *_PACE, *_WORDS])
        raise ValueError(f"{where}: there is no {wrong[0]!r}; there are {known}")
    return kind.options(**{key: _value(value, types[key], f"{where}.{key}") for key, value in mine.items()})


def _value(value: Any, kind: Any, where: str) -> Any:
    if kind is int or kind is bool or kind is str:
        if type(value) is not kind:
            raise ValueError(f"{where}: {value!r} is no {_SHAPES[kind]}")
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{where}: {value!r} is no list of texts")
    return tuple(value)


_SHAPES = {int: "whole number", bool: "true or false", str: "text"}


def _pace(pace: Pace, own: Mapping[str, Any], where: str) -> Pace:
    changes: dict[str, Any] = {}
    for key, name in _PACE.items():
        if key in own:
            changes[name] = (
                _seconds(own[key], f"{where}.{key}")
                if key in _DURATIONS
                else _value(own[key], int, f"{where}.{key}")
            )
    try:
        return replace(pace, **changes)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _seconds(value: Any, where: str) -> float:
    if not isinstance(value, str):
        raise ValueError(f"{where}: {value!r} is no duration such as 30s or 5m")
    try:
        return parse_duration(value)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _words(words: Words, own: Mapping[str, Any], where: str) -> Words:
    given = {name: _value(own[key], str, f"{where}.{key}") for key, name in _WORDS.items() if key in own}
    return replace(words, **given)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: {value!r} is no object")
    return value
