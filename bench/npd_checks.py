"""What a round of the node detector's default checks costs, and an agent with nothing but them: the target of npd
is less than 5 ms a round on a node of 300 processes, and 0.1 % of a core.

python -m bench.npd_checks [--processes N] [--idle SECONDS]"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from npd.checks.frame import Finding
from npd.checks.monitor import CheckMonitor
from npd.checks.processes import Processes
from npd.checks.settings import build

_ROUNDS = 50


@contextmanager
def _processes(wanted: int) -> Iterator[int]:
    """As many sleeping processes as are missing to `wanted` on this machine."""
    missing = max(0, wanted - len(Processes(Path("/proc")).all()))
    sleeping = [subprocess.Popen(["sleep", "600"]) for _ in range(missing)]
    try:
        yield len(Processes(Path("/proc")).all())
    finally:
        for process in sleeping:
            process.kill()
            process.wait()


def _round(monitor: CheckMonitor, names: list[str]) -> dict[str, tuple[float, Finding]]:
    """Processor milliseconds of each check; what it waits for costs nothing."""
    costs = {}
    for name in names:
        began = time.process_time()
        finding = monitor.look_now(name)
        costs[name] = ((time.process_time() - began) * 1000, finding)
    return costs


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--processes", type=int, default=300)
    parser.add_argument("--idle", type=float, default=60.0)
    options = parser.parse_args()
    # A clock of its own, so that each round walks over the processes once as a round of 30 s does.
    offset = [0.0]
    built = build({}, steady=lambda: time.monotonic() + offset[0])
    monitor = CheckMonitor(built.checks)
    names = [check.name for check in built.checks]
    with _processes(options.processes) as count:
        _round(monitor, names)
        rounds = []
        for _ in range(_ROUNDS):
            offset[0] += 30
            rounds.append(_round(monitor, names))
    for name in names:
        cost = statistics.median(one[name][0] for one in rounds)
        print(f"{name:24} {cost:7.3f} ms  {rounds[-1][name][1].outcome.value}")
    total = statistics.median(sum(cost for cost, _ in one.values()) for one in rounds)
    print(f"{len(names)} checks, {count} processes: {total:.2f} ms of processor time a round")
    _idle(options.idle)


def _idle(seconds: float) -> None:
    monitor = CheckMonitor(build({}).checks)
    monitor.start(lambda status: None)
    began = time.process_time()
    time.sleep(seconds)
    share = (time.process_time() - began) / seconds
    monitor.stop()
    print(f"running for {seconds:.0f} s: {share:.3%} of a core, RSS {_rss_mib():.1f} MiB")


def _rss_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
