"""Errors of the node's network interfaces, by the growth of their counters between looks. Those of containers come
and go and are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad
from npd.checks.growth import Growth
from npd.checks.reading import read, unread


@dataclass(frozen=True, slots=True)
class InterfaceOptions:
    threshold: int = 10
    """Errors between two looks, sent and received together, that are a problem of an interface."""
    exclude: str = (
        r"lo|veth.*|cali.*|lxc.*|cni.*|docker.*|br-.*|flannel.*|tunl.*|kube-.*|nodelocaldns|dummy.*"
    )
    """Regular expression for the whole name."""

    def __post_init__(self) -> None:
        try:
            re.compile(self.exclude)
        except re.error as error:
            raise ValueError(f"exclude: {self.exclude!r} is no regular expression: {error}") from None


def _make(node: Node, options: InterfaceOptions) -> dict[str, Look]:
    exclude = re.compile(options.exclude)
    growth = Growth()

    def look() -> Finding:
        try:
            errors = _errors(read(node.host.proc / "1/net/dev").decode())
        except (OSError, ValueError, IndexError) as error:
            return unread(error, "network interfaces")
        grown = growth.since({name: count for name, count in errors.items() if not exclude.fullmatch(name)})
        over = [f"{name} {count}" for name, count in grown.items() if count >= options.threshold]
        return bad(f"errors of network interfaces since the last look: {', '.join(over[:5])}") if over else OK

    return {"": look}


def _errors(text: str) -> dict[str, int]:
    """` eth0: bytes packets errs drop fifo frame compressed multicast bytes packets errs …` after two lines of
    heads."""
    found = {}
    for line in text.splitlines()[2:]:
        name, _, counters = line.partition(":")
        fields = counters.split()
        found[name.strip()] = int(fields[2]) + int(fields[10])
    return found


KIND = Kind(
    "network-interfaces",
    "errors of network interfaces",
    InterfaceOptions,
    Words("NetworkInterfaceErrors", "", "NetworkInterfacesAreWell", "network interfaces have no new errors"),
    Pace(period=60, good=3),
    _make,
    needs="the host's /proc, read-only",
)
