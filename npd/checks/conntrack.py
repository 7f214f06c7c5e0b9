"""The connection tracking table: when it is full, new connections of the whole node are dropped without a word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, not_applicable
from npd.checks.reading import number, read, unread
from npd.checks.shares import percent


@dataclass(frozen=True, slots=True)
class ConntrackOptions:
    threshold_percent: int = 90

    def __post_init__(self) -> None:
        percent(self.threshold_percent)


def _make(node: Node, options: ConntrackOptions) -> dict[str, Look]:
    proc = node.host.proc

    def look() -> Finding:
        try:
            used, most = _table(proc)
        except (OSError, ValueError, IndexError) as error:
            return unread(error, "conntrack")
        if not most:
            return not_applicable("conntrack: the table has no limit")
        # Whole numbers, as in the original: 900 of 1,000 is not yet over 90%.
        if used <= most * options.threshold_percent // 100:
            return OK
        return bad(f"Conntrack table usage over {options.threshold_percent}%: {used} out of {most}")

    return {"": look}


def _table(proc: Path) -> tuple[int, int]:
    """Entries and limit. `nf_conntrack_count` is of the reader's own network namespace, whoever's /proc it is read
    through; the statistics of process 1 are of the node's, where the kernel has them."""
    new, old = (
        proc / "sys/net/netfilter/nf_conntrack_count",
        proc / "sys/net/ipv4/netfilter/ip_conntrack_count",
    )
    count = new if new.exists() or not old.exists() else old
    most = number(count.with_name(count.name.replace("_count", "_max")))
    try:
        statistics = read(proc / "1/net/stat/nf_conntrack")
    except OSError:
        return number(count), most
    return int(statistics.splitlines()[1].split()[0], 16), most


KIND = Kind(
    "conntrack",
    "entries of the connection tracking table against its limit",
    ConntrackOptions,
    Words("ConntrackFull", "", "ConntrackNotFull", "the conntrack table has room again"),
    Pace(period=30, hold=60),
    _make,
    needs="the host's /proc, or the host's network where the kernel has no /proc/1/net/stat/nf_conntrack",
)
