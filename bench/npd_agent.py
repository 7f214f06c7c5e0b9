"""Memory and idle processor time of the node agent: the target is 45 MiB and 0.1 % of a core.

python -m bench.npd_agent [--seconds 60] [--kubeconfig F --node NAME] [--peer node-problem-detector --peer-config DIR]

Without a kubeconfig nothing is reported, only watched. With `--peer`, the original runs beside it on its own files.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SETTLE_S = 15.0
"""Starting, the ring of old kernel lines and the first round of checks are not idle."""


@dataclass(frozen=True)
class Cost:
    rss_mib: float
    anonymous_mib: float
    share: float
    """Of a core."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--kubeconfig")
    parser.add_argument("--node", default="bench")
    parser.add_argument("--peer")
    parser.add_argument("--peer-config", type=Path)
    options = parser.parse_args()
    ours = [sys.executable, "-m", "npd", "--port=0", "--prometheus-port=0", "--log-level=error"]
    reports = [f"--kubeconfig={options.kubeconfig}", f"--hostname-override={options.node}"]
    ours += reports if options.kubeconfig else ["--enable-k8s-exporter=false"]
    commands = {"eventcenter npd": ours}
    if options.peer:
        files = ",".join(
            str(options.peer_config / f"{name}.json") for name in ("kernel-monitor", "readonly-monitor")
        )
        commands["node-problem-detector"] = [
            options.peer, f"--config.system-log-monitor={files}", "--enable-k8s-exporter=false", "--prometheus-port=0"
        ]  # fmt: skip
    running = {
        name: subprocess.Popen(command, stderr=subprocess.DEVNULL) for name, command in commands.items()
    }
    try:
        for name, cost in measure({name: one.pid for name, one in running.items()}, options.seconds).items():
            print(
                f"{name:24} RSS {cost.rss_mib:5.1f} MiB (anonymous {cost.anonymous_mib:.1f}), "
                f"idle {cost.share:.3%} of a core over {options.seconds:.0f} s"
            )
    finally:
        for one in running.values():
            one.terminate()
            one.wait()


def measure(pids: dict[str, int], seconds: float) -> dict[str, Cost]:
    """All in the same time."""
    time.sleep(_SETTLE_S)
    before = {name: _cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {
        name: Cost(_mib(pid, "VmRSS"), _mib(pid, "RssAnon"), (_cpu_seconds(pid) - before[name]) / seconds)
        for name, pid in pids.items()
    }


def _cpu_seconds(pid: int) -> float:
    fields: Sequence[str] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[index]) for index in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")


def _mib(pid: int, key: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:")) / 1024


if __name__ == "__main__":
    main()
