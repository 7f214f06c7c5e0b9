"""From options to monitors: configuration files, the built-in checks and the OOM reports of the kernel. What is wrong
with one of them is a line for people, and the others run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npd.checks import settings
from npd.checks.frame import Host
from npd.checks.monitor import CheckMonitor
from npd.config import AnyConfig, default_configs, load_files, load_object
from npd.config.model import OomConfig, PluginConfig
from npd.model import Monitor, Status
from npd.monitors.building import monitors_of
from npd.options import Options
from npd.state import State, boot_id

CHECKS = "node-checks"
"""Source of what the built-in checks tell, and the name under which their conditions are remembered."""


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
    root = options.host
    host = Host(root / "proc", root / "sys", root)
    path = options.state_dir / "state.json" if options.state_dir else None
    state = State(path, boot_id(str(host.proc)))
    selection = load_files(options.configs) if options.configs else default_configs()
    problems = list(selection.problems)
    configs, off = ([*selection.configs], {}) if options.configs else _that_fit(selection.configs)
    monitors = monitors_of(
        _with_oom(configs),
        state,
        host,
        kmsg=options.kmsg,
        may_repair=options.may_repair,
        node=options.node,
    )
    if options.builtin:
        checks = _checks(options, host, state, problems, off)
        if checks is not None:
            monitors.append(checks)
    return Composed(monitors, tuple(problems), selection.warnings, state)


def _with_oom(configs: Sequence[AnyConfig]) -> list[AnyConfig]:
    """The Pod of an OOM kill is found whatever files are given: none of the original's can say so."""
    found = any(isinstance(config, OomConfig) for config in configs)
    return (
        [*configs] if found else [*configs, load_object({"builtin": "oom", "lookback": "5m"}, "oom").config]
    )


def _that_fit(configs: Iterable[AnyConfig]) -> tuple[list[AnyConfig], dict[str, str]]:
    """Of the rules that come with us those that can work here, and why the others do not: that a program is missing is
    nobody's mistake, and shall make no condition Unknown."""
    if shutil.which("journalctl"):
        return [*configs], {}
    counting = [
        config.name
        for config in configs
        if isinstance(config, PluginConfig) and all(rule.builtin == "log-counter" for rule in config.rules)
    ]
    fit = [config for config in configs if config.name not in counting]
    return fit, dict.fromkeys(counting, "there is no journalctl to count log lines with")


def _checks(
    options: Options, host: Host, state: State, problems: list[str], off: Mapping[str, str]
) -> CheckMonitor | None:
    try:
        given = _settings(options)
        built = settings.build(given, host, may_repair=options.may_repair)
    except ValueError as error:
        problems.append(f"built-in checks: {error}")
        return None
    restored = {one.type: one for one in state.conditions(CHECKS)}
    return CheckMonitor(
        built.checks, source=CHECKS, seed=options.node, restored=restored, off={**built.off, **off}
    )


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
