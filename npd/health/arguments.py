"""The arguments of the original's `health-checker`, as its shipped configuration files give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from npd.config.counter import flag_values
from npd.config.durations import parse_duration

SERVICES = {"kubelet": "kubelet", "docker": "docker", "cri": "containerd", "kube-proxy": "kube-proxy"}
"""The components, each with its service of systemd."""
_KNOWN = frozenset(
    {
        "component", "service", "systemd-service", "enable-repair", "crictl-path", "cri-socket-path", "cri-timeout",
        "cooldown-time", "loopback-time", "health-check-timeout", "log-pattern",
    }
)  # fmt: skip
_TRUTHS = {"true": True, "1": True, "t": True, "": True, "false": False, "0": False, "f": False}


@dataclass(frozen=True, slots=True)
class CheckerArguments:
    """Spans in seconds."""

    component: str
    service: str
    repair: bool
    """The original's default is true."""
    socket: str
    """Path of the runtime's socket; '' for the usual ones."""
    cri_timeout: float
    cooldown: float
    """A service that was started more recently is not repaired."""
    lookback: float
    """How far back log patterns are counted; 0 is since the start of the service."""
    timeout: float
    patterns: tuple[tuple[int, str], ...] = field(default=())
    """(N, text): so many lines with this text in the service's log are unhealthy."""


def parse_arguments(args: Sequence[str]) -> CheckerArguments:
    """ValueError with one line."""
    values = _values(args)
    component = values.get("component", "kubelet")
    if component not in SERVICES:
        raise ValueError(f"--component: {component!r} is none of {', '.join(SERVICES)}")
    return CheckerArguments(
        component,
        values.get("service") or values.get("systemd-service") or SERVICES[component],
        _truth(values.get("enable-repair", "true")),
        values.get("cri-socket-path", "").removeprefix("unix://"),
        _seconds(values, "cri-timeout", 2),
        _seconds(values, "cooldown-time", 120),
        _seconds(values, "loopback-time", 0),
        _seconds(values, "health-check-timeout", 10),
        tuple(_pattern(text) for text in values.get("log-pattern", "").split(",") if text),
    )


def _values(args: Sequence[str]) -> dict[str, str]:
    # As of every program in Go, a switch that stands alone is true and takes no word after it.
    joined = [f"{arg}=true" if arg.lstrip("-") == "enable-repair" else arg for arg in args]
    values = dict(flag_values(joined))
    if wrong := sorted(set(values) - _KNOWN):
        raise ValueError(
            f"there is no flag --{wrong[0]}; there are {', '.join(f'--{name}' for name in sorted(_KNOWN))}"
        )
    return values


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTHS:
        raise ValueError(f"--enable-repair: {text!r} is neither true nor false")
    return _TRUTHS[text.lower()]


def _seconds(values: dict[str, str], name: str, default: float) -> float:
    try:
        seconds = parse_duration(values[name]) if values.get(name) else default
    except ValueError as error:
        raise ValueError(f"--{name}: {error}") from None
    if seconds < 0:
        raise ValueError(f"--{name}: {values[name]!r} is less than 0")
    return seconds


def _pattern(text: str) -> tuple[int, str]:
    count, colon, wanted = text.partition(":")
    if not colon or not wanted or not count.isdigit() or int(count) < 1:
        raise ValueError(f"--log-pattern: {text!r} is not N:TEXT with N of 1 or more")
    return int(count), wanted
