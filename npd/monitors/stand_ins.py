"""What stands in for programs of the original that are not installed on this node: the same arguments, the same
results, and no program to start."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence

from npd.config.counter import parse_arguments
from npd.monitors.counting import LineCounter
from npd.monitors.plugin_rules import Outcome, Result
from npd.monitors.sources.journald import past_entries
from npd.monitors.starting import read_uptime, start_time

Look = Callable[[Sequence[str], float], Result]
"""Takes the arguments of the rule and the seconds that it may take."""

LOOKS = {
    "log-counter": "npd.monitors.stand_ins:count_entries",
    "iptables_mode.sh": "npd.monitors.stand_ins:iptables_modes",
}
"""By the name of the program; imported when it is first used."""


class StandIn:
    """One run, like that of a program."""

    def __init__(self, name: str, args: Sequence[str], timeout: float, max_output: int) -> None:
        self._name, self._args, self._timeout, self._max_output = name, args, timeout, max_output
        self.gone = False

    def kill(self) -> None:
        """It ends by itself."""

    def finish(self) -> Result:
        try:
            result = _look(self._name)(self._args, self._timeout)
            kept = result.message.encode()[: self._max_output].decode(errors="ignore")
            return Result(result.outcome, kept)
        finally:
            self.gone = True


def _look(name: str) -> Look:
    module, _, function = LOOKS[name].partition(":")
    look: Look = getattr(importlib.import_module(module), function)
    return look


def count_entries(args: Sequence[str], timeout: float) -> Result:
    """log-counter."""
    arguments = parse_arguments(args)
    since = start_time(time.time(), read_uptime(), arguments.lookback, arguments.delay)
    counter = LineCounter(arguments)
    try:
        for line in past_entries(arguments.source, arguments.log_path, since, timeout):
            counter.take(line)
    except OSError as error:
        return Result(Outcome.UNKNOWN, str(error))
    return counter.result()


def iptables_modes(args: Sequence[str], timeout: float) -> Result:
    """Are there rules of both kinds? Then the kernel applies both, and each tool shows but its own."""
    counts = {}
    for kind in ("legacy", "nft"):
        program = shutil.which(f"iptables-{kind}-save")
        if program is None:
            return Result(Outcome.OK)
        try:
            done = subprocess.run([program], capture_output=True, timeout=timeout / 2, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Result(Outcome.UNKNOWN, f"{program}: {error}")
        counts[kind] = sum(line.startswith(b"-A") for line in done.stdout.splitlines())
    if all(counts.values()):
        said = f"iptables has {counts['legacy']} legacy rules and {counts['nft']} nft rules"
        return Result(Outcome.NON_OK, said)
    return Result(Outcome.OK)
