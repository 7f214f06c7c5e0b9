"""From a file to a configuration: which kind of monitor it is about, and everything that is wrong with it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from npd.config.completing import completed
from npd.config.logs import KNOWN_PLUGINS, read_log_config
from npd.config.model import AnyConfig, Loaded, OomConfig, StatsConfig
from npd.config.plugins import read_plugin_config
from npd.config.problems import ConfigProblem, Findings
from npd.config.reading import Section, decode_json, packaged, read_json

log = logging.getLogger(__name__)

_STATS = frozenset({"cpu", "disk", "host", "memory", "osfeature", "net", "invokeinterval", "procpath"})
"""Keys by which the file of a system stats monitor is known: it names no plugin."""


def load_file(path: Path) -> Loaded:
    """ConfigProblem with everything that is wrong."""
    return load_object(read_json(path), str(path))


def load_object(values: dict[str, Any], name: str) -> Loaded:
    """`name` stands for the file in messages and in what is remembered over restarts."""
    findings = Findings(name)
    top = Section(values, "", findings)
    config = _read(top, name)
    findings.raise_if_wrong()
    assert config is not None
    return Loaded(config, tuple(findings.warnings), tuple(findings.notes))


def _read(top: Section, name: str) -> AnyConfig | None:
    plugin = top.text("plugin")
    if plugin == "custom":
        config: AnyConfig = read_plugin_config(top, name)
    elif plugin in KNOWN_PLUGINS:
        read = read_log_config(top, name)
        config = completed(read) if top.flag("builtinRules", True) else read
    elif top.text("builtin") == "oom":
        config = OomConfig(name, top.duration("lookback", 0.0))
    elif not top.has("plugin") and _STATS & top.values.keys():
        top.findings.warn("", "is a system stats monitor; its figures are left to node-exporter")
        return StatsConfig(name)
    else:
        accepted = f"accepted are {', '.join(KNOWN_PLUGINS)} and custom"
        top.wrong("plugin", f"{plugin!r} is not known; {accepted}" if plugin else f"is missing; {accepted}")
        return None
    top.done()
    return config


@dataclass(frozen=True, slots=True)
class Selection:
    """Of several files: those that can be used, and a line for each thing that is wrong with the others."""

    loaded: tuple[Loaded, ...]
    problems: tuple[str, ...]

    @property
    def configs(self) -> tuple[AnyConfig, ...]:
        return tuple(each.config for each in self.loaded)

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(warning for each in self.loaded for warning in each.warnings)


def load_files(paths: Iterable[Path]) -> Selection:
    """A file that cannot be used does not keep the others from running."""
    loaded: list[Loaded] = []
    problems: list[str] = []
    for path in paths:
        try:
            loaded.append(load_file(path))
            for note in loaded[-1].notes:
                log.debug("%s", note)
        except ConfigProblem as problem:
            problems.extend(problem.problems)
    return Selection(tuple(loaded), tuple(problems))


def default_configs() -> Selection:
    """The rules that come with us, from `npd/data`."""
    loaded = []
    for name in sorted(file.name for file in (resources.files("npd") / "data").iterdir()):
        if name.endswith(".json"):
            loaded.append(load_object(decode_json(packaged(name), name), name))
    return Selection(tuple(loaded), ())
