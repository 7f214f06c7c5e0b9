"""The clock: how far it is off, by asking servers, and where none is configured or answers, whether anything keeps
it right. A service that runs and has lost its servers is what the original cannot see."""

from __future__ import annotations

from dataclasses import dataclass

from npd.checks import kernel_clock, sntp
from npd.checks.frame import OK, Finding, Kind, Look, Node, Pace, Words, bad, unknown
from npd.checks.reading import unread


@dataclass(frozen=True, slots=True)
class ClockOptions:
    servers: tuple[str, ...] = ()
    """HOST or HOST:PORT of time servers to ask. The first one that answers counts."""
    threshold_ms: int = 500
    """Milliseconds that the clock may be off."""
    server_timeout_ms: int = 2000
    services: tuple[str, ...] = ("chronyd", "ntpd", "systemd-timesyncd", "openntpd", "ptp4l", "phc2sys")
    """Programs that keep a clock right."""

    def __post_init__(self) -> None:
        if self.threshold_ms < 1 or self.server_timeout_ms < 1:
            raise ValueError("threshold_ms and server_timeout_ms must be 1 or more")


def _make(node: Node, options: ClockOptions) -> dict[str, Look]:
    def look() -> Finding:
        silent: list[str] = []
        for server in options.servers:
            try:
                behind = sntp.offset(server, options.server_timeout_ms / 1000, node.wall)
            except sntp.NoAnswer as error:
                silent.append(str(error))
                continue
            return _judged(behind, server, options)
        return _service(node, options, silent)

    return {"": look}


def _judged(behind: float, server: str, options: ClockOptions) -> Finding:
    if abs(behind) * 1000 <= options.threshold_ms:
        return OK
    way = "behind" if behind > 0 else "ahead of"
    return bad(f"the clock is {abs(behind):.3f}s {way} {server} (limit {options.threshold_ms / 1000:g}s)")


def _service(node: Node, options: ClockOptions, silent: list[str]) -> Finding:
    try:
        running = node.processes.named(frozenset(options.services))
    except OSError as error:
        return unread(error, "time service")
    if not running and _kept_from_outside():
        return OK
    if not running:
        why = f", and no server answers ({silent[0]})" if silent else ""
        return bad(f"no time service runs (looked for {', '.join(options.services)}){why}")
    return unknown(f"no time server answers: {'; '.join(silent)}"[:400]) if silent else OK


def _kept_from_outside() -> bool:
    try:
        return kernel_clock.synchronized()
    except (OSError, AttributeError):  # a C library without the call
        return False


KIND = Kind(
    "clock",
    "offset of the clock to time servers (none set: none asked); without an answer, whether a time service runs "
    "or the kernel is told that the clock is right",
    ClockOptions,
    Words("NTPIsDown", "NTPProblem", "NTPIsUp", "the clock is kept right"),
    Pace(period=60, timeout=20, bad=2, of=3, good=2),
    _make,
    needs="the host's /proc, read-only; UDP port 123 to the servers",
)
