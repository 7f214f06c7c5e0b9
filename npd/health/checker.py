"""Stands in for the original's `health-checker` program: the same arguments, exit codes and texts, nothing to
install. It asks the runtime through its socket where the original runs crictl or docker.

It repairs nothing unless the agent was told that it may, though the shipped configuration files all ask for it: a
check that is wrong and kills the kubelet every minute is worse than no check."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from npd.checks.engine import DOCKER, RUNTIMES
from npd.checks.engine import ask as ask_engine
from npd.checks.frame import Host, Outcome
from npd.health import endpoints, services
from npd.health.arguments import CheckerArguments, parse_arguments

log = logging.getLogger(__name__)
OK, NON_OK, UNKNOWN = 0, 1, 2
"""Exit codes of a plugin."""
_COMMAND_S = 10.0
"""Seconds that systemctl and journalctl may take."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a look needs of the node; tests give their own."""

    host: Host = field(default_factory=Host)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    run: services.Run = services.run
    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


def run_health_checker(
    args: Sequence[str], *, may_repair: bool = False, means: Means | None = None
) -> tuple[int, str]:
    """Exit code and output of one run. `may_repair` has to be given by who runs the agent; `--enable-repair` in a
    file alone repairs nothing."""
    means = means or Means()
    try:
        arguments = parse_arguments(args)
        problem = _component_problem(arguments, means) or _log_problem(arguments, means)
    except ValueError as error:
        return UNKNOWN, f"health-checker: {error}"
    repair = arguments.repair and may_repair
    found = "unhealthy" if problem else "healthy"
    text = f"{arguments.component}:{arguments.service} was found {found}; repair flag : {str(repair).lower()}"
    if not problem:
        return OK, text
    log.warning("component=%s service=%s unhealthy: %s", arguments.component, arguments.service, problem)
    if repair:
        _repair(arguments, means)
    return NON_OK, text


def _component_problem(arguments: CheckerArguments, means: Means) -> str:
    """'' when it is well."""
    match arguments.component:
        case "kubelet":
            return _endpoint_problem(endpoints.kubelet(means.environment), arguments)
        case "kube-proxy":
            return _endpoint_problem(endpoints.kube_proxy(means.environment), arguments)
        case "docker":
            return _engine_problem([means.host.file(DOCKER)], arguments.timeout)
    paths = [arguments.socket] if arguments.socket else [path for path in RUNTIMES if path != DOCKER]
    return _engine_problem([means.host.file(path) for path in paths], arguments.cri_timeout)


def _endpoint_problem(endpoint: endpoints.Endpoint, arguments: CheckerArguments) -> str:
    answer = endpoints.ask(endpoint, arguments.timeout)
    return "" if answer.healthy else answer.detail


def _engine_problem(paths: list[Path], timeout: float) -> str:
    there = next((path for path in paths if path.exists()), paths[0])
    finding = ask_engine(there, timeout)
    return "" if finding.outcome is Outcome.OK else finding.message


def _log_problem(arguments: CheckerArguments, means: Means) -> str:
    """A journal that cannot be read proves nothing: it is logged and the service is not called unhealthy for it."""
    for count, text in arguments.patterns:
        try:
            since = means.wall() - (arguments.lookback or _uptime(arguments, means))
            found = services.lines_with(arguments.service, text, since, _COMMAND_S, means.run)
        except OSError as error:
            log.warning("service=%s its log could not be looked at: %s", arguments.service, error)
            return ""
        if found >= count:
            return f"{found} lines of its log hold {text!r} (limit {count})"
    return ""


def _uptime(arguments: CheckerArguments, means: Means) -> float:
    return services.uptime(arguments.service, _COMMAND_S, means.run, means.steady)


def _repair(arguments: CheckerArguments, means: Means) -> None:
    """As the original: the service is killed, and systemd starts it anew. Not while it is young: it may need its
    time."""
    try:
        if _uptime(arguments, means) <= arguments.cooldown:
            return
        if arguments.component == "docker":  # a dump of what it was doing, into its log
            means.run(["pkill", "-SIGUSR1", "dockerd"], _COMMAND_S)
        means.run(["systemctl", "kill", "--kill-who=main", arguments.service], _COMMAND_S)
        log.warning("service=%s was killed to repair it", arguments.service)
    except OSError as error:
        log.warning("service=%s could not be repaired: %s", arguments.service, error)
