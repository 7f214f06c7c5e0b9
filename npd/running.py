"""The agent as a process of its own: `python -m npd`, which is what the DaemonSet runs, and `eventcenter npd run`."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Sequence

from npd.agent import Agent
from npd.composing import Composed, StateKeeper, compose
from npd.options import Options, WrongUse, parse
from npd.report.access import AccessProblem, find_access
from npd.report.api import ApiClient
from npd.report.kubernetes import KubernetesExporter

log = logging.getLogger("npd")

OK, FAILED, WRONG_USE = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Runs until SIGTERM or SIGINT; the exit code."""
    try:
        options = parse(arguments)
    except WrongUse as error:
        return _complain(error, WRONG_USE)
    except SystemExit:  # argparse has printed the help
        return OK
    _log_to_stderr(options.log_level)
    try:
        run(options)
    except AccessProblem as error:
        return _complain(error, FAILED)
    except OSError as error:
        return _complain(
            f"cannot listen: {error.strerror or error}; see --port and --prometheus-port", FAILED
        )
    return OK


def run(options: Options) -> None:
    """AccessProblem where there is no way to the API server, OSError where an address is taken."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    composed = compose(options)
    for warning in composed.warnings:
        log.warning("%s", warning)
    for problem in composed.problems:
        log.error("does not run: %s", problem)
    if options.ignored:
        log.info("without effect here: %s", ", ".join(options.ignored))
    agent = Agent(
        composed.monitors, _exporter(options, composed), composed.problems, [StateKeeper(composed.state)]
    )
    agent.serve(options.address, options.port, options.prometheus_address, options.prometheus_port)
    agent.start()
    log.info("watching node %s with %d monitors", options.node, len(composed.monitors))
    stop.wait()
    agent.stop()


def _exporter(options: Options, composed: Composed) -> KubernetesExporter | None:
    if not options.kubernetes:
        return None
    return KubernetesExporter(
        ApiClient(find_access(options.kubeconfig, options.server)),
        options.node,
        composed.declared,
        event_namespace=options.event_namespace,
        heartbeat=options.heartbeat,
        conditions=options.write_conditions,
        events=options.write_events,
        uid_in_events=options.uid_in_events,
    )


def _complain(error: object, code: int) -> int:
    print(f"npd: {error}", file=sys.stderr)
    return code


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(
        "{asctime} {levelname:<7} {name}: {message}", "%Y-%m-%dT%H:%M:%SZ", style="{"
    )
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
