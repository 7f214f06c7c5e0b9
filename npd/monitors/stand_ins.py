"""What stands in for programs of the original that are not installed on this node: the same arguments, the same
results, and no program to start."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from npd.checks import clock as clock_check
from npd.checks import conntrack as conntrack_check
from npd.checks import egress, frame
from npd.checks.frame import Host
from npd.checks.processes import Processes
from npd.config.counter import parse_arguments
from npd.config.model import PluginRule
from npd.health import checker
from npd.monitors.counting import LineCounter
from npd.monitors.plugin_rules import Outcome, Result
from npd.monitors.sources.journald import past_entries
from npd.monitors.starting import read_uptime, start_time


@dataclass(frozen=True, slots=True)
class Means:
    host: Host = field(default_factory=Host)
    may_repair: bool = False


Look = Callable[[Sequence[str], float, Means], Result]
"""Takes the arguments of the rule and the seconds that it may take."""


class StandIn:
    """One run, like that of a program."""

    gone = True
    """When `finish` has returned, nothing is left of it."""

    def __init__(self, rule: PluginRule, timeout: float, max_output: int, means: Means) -> None:
        self._rule, self._timeout, self._max_output, self._means = rule, timeout, max_output, means

    def kill(self) -> None:
        """It ends by itself."""

    def finish(self) -> Result:
        look = LOOKS[self._rule.builtin]
        result = look(self._rule.args, self._timeout, self._means)
        kept = result.message.encode()[: self._max_output].decode(errors="ignore")
        return replace(result, message=kept)


def count_entries(args: Sequence[str], timeout: float, means: Means) -> Result:
    """log-counter."""
    arguments = parse_arguments(args)
    since = start_time(time.time(), read_uptime(str(means.host.proc)), arguments.lookback, arguments.delay)
    counter = LineCounter(arguments)
    try:
        for line in past_entries(arguments.source, arguments.log_path, since, timeout):
            counter.take(line)
    except FileNotFoundError as error:
        return Result(Outcome.UNKNOWN, str(error), applicable=False)
    except OSError as error:
        return Result(Outcome.UNKNOWN, str(error))
    return counter.result()


def iptables_modes(args: Sequence[str], timeout: float, means: Means) -> Result:
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


def health(args: Sequence[str], timeout: float, means: Means) -> Result:
    """health-checker."""
    code, text = checker.run_health_checker(
        args, may_repair=means.may_repair, means=checker.Means(host=means.host)
    )
    return Result(Outcome.of_exit(code), text)


def conntrack(args: Sequence[str], timeout: float, means: Means) -> Result:
    """network_problem.sh."""
    return _looked_at(conntrack_check.KIND, means)


def clock(args: Sequence[str], timeout: float, means: Means) -> Result:
    """check_ntp.sh, which knows one service by one name."""
    return _looked_at(clock_check.KIND, means)


def dns(args: Sequence[str], timeout: float, means: Means) -> Result:
    """dns_problem.sh."""
    return _result(egress.resolve("kubernetes.default"))


def _looked_at(kind: frame.Kind, means: Means) -> Result:
    node = frame.Node(means.host, Processes(means.host.proc), time.time, time.monotonic)
    (look,) = kind.make(node, kind.options()).values()
    return _result(look())


def _result(finding: frame.Finding) -> Result:
    outcomes = {frame.Outcome.OK: Outcome.OK, frame.Outcome.BAD: Outcome.NON_OK}
    applicable = finding.outcome is not frame.Outcome.NOT_APPLICABLE
    return Result(outcomes.get(finding.outcome, Outcome.UNKNOWN), finding.message, applicable)


LOOKS: dict[str, Look] = {
    "log-counter": count_entries,
    "iptables_mode.sh": iptables_modes,
    "health-checker": health,
    "network_problem.sh": conntrack,
    "dns_problem.sh": dns,
    "check_ntp.sh": clock,
}
"""By the name of the program."""
