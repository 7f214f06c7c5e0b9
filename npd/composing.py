"""From options to monitors: configuration files, the built-in checks and the OOM reports of the kernel. What is wrong
with one of them is a line for people, and the others run."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npd.checks import frame, settings
from npd.checks.monitor import CheckMonitor
from npd.config import Selection, default_configs, load_files
from npd.config.model import LogConfig
from npd.model import Monitor, Status
from npd.monitors import rechecks
from npd.monitors.building import monitors_of
from npd.monitors.starting import read_uptime, start_time
from npd.oom.incident import NODE_REASON
from npd.oom.reader import OomReader
from npd.options import Options
from npd.state import State, boot_id

CHECKS = "node-checks"
"""Source of what the built-in checks tell, and the name under which their conditions are remembered."""
LOOKBACK = 300.0
"""Seconds that OOM kills are looked for in the past, as in the kernel monitor's own file."""


@dataclass(frozen=True, slots=True)
class Composed:
    monitors: list[Monitor]
    problems: tuple[str, ...]
    """What does not run because it is configured wrongly, a line each."""
    warnings: tuple[str, ...]
    state: State

    @property
    def declared(self) -> frozenset[str]:
        """Types of conditions that may be reported."""
        return frozenset(type for monitor in self.monitors for type, _ in monitor.reasons if type)


def compose(options: Options) -> Composed:
    host = _host(options.host)
    selection = load_files(options.configs) if options.configs else default_configs()
    path = options.state_dir / "state.json" if options.state_dir else None
    state = State(path, boot_id(str(host.proc)))
    problems = list(selection.problems)
    monitors = monitors_of(
        selection.configs,
        state,
        rechecks.Host(str(host.proc), str(host.sys)),
        kernel_readers=[_oom_reader(options, selection, str(host.proc))],
        kmsg=options.kmsg,
    )
    if options.builtin:
        checks = _checks(options, host, state, problems)
        if checks is not None:
            monitors.append(checks)
    return Composed(monitors, tuple(problems), selection.warnings, state)


def _host(root: Path) -> frame.Host:
    return frame.Host(root / "proc", root / "sys", root)


def _oom_reader(options: Options, selection: Selection, proc: str) -> OomReader:
    """Where a rule of a file tells of the node's event already, only the Pod's is added."""
    ruled = any(
        config.plugin == "kmsg" and any(rule.reason == NODE_REASON for rule in config.rules)
        for config in selection.configs
        if isinstance(config, LogConfig)
    )
    start = start_time(time.time(), read_uptime(proc), LOOKBACK, 0.0)
    return OomReader(options.node, node_events=not ruled, start=start)


def _checks(options: Options, host: frame.Host, state: State, problems: list[str]) -> CheckMonitor | None:
    try:
        given = _settings(options)
        built = settings.build(given, host)
    except ValueError as error:
        problems.append(f"built-in checks: {error}")
        return None
    restored = {one.type: one for one in state.conditions(CHECKS)}
    return CheckMonitor(built.checks, source=CHECKS, seed=options.node, restored=restored, off=built.off)


def _settings(options: Options) -> Mapping[str, Any]:
    """ValueError says what is wrong with the file."""
    given: dict[str, Any] = {}
    if options.checks_config is not None:
        given = _document(options.checks_config)
    checks = dict(given.get("checks", {}))
    for name in options.off:
        checks[name] = {**checks.get(name, {}), "enabled": False}
    return {**given, "checks": checks}


def _document(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{file}: is no JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("checks", {}), dict):
        raise ValueError(f'{file}: must be an object as in {{"checks": {{"fd": {{"enabled": false}}}}}}')
    return document


class StateKeeper:
    """An exporter: the conditions of the built-in checks outlive a restart."""

    def __init__(self, state: State) -> None:
        self._state = state

    def export(self, status: Status) -> None:
        if status.source == CHECKS:
            self._state.keep(CHECKS, conditions=status.conditions, at_once=True)

    def stop(self) -> None:
        self._state.flush()
