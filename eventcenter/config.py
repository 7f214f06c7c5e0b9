"""Settings: one table for the file, the environment, the flags, `--help` and docs/configuration.md.

The fields of `Settings` are the table. `eventcenter.yaml` < `EVENTCENTER_*` < flags; every layer hands over
what it was given as text (or YAML values), and all problems of all layers are reported together: whoever
fixes a configuration wants the whole list, not one error a run."""

from __future__ import annotations

import difflib
import functools
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcenter.errors import ConfigError
from eventcenter.settings import ENV_PREFIX, TABLE, Settings

DEFAULT_FILE = "eventcenter.yaml"
FILE_ENV = ENV_PREFIX + "CONFIG"
# Kubernetes describes every Service to every Pod; one called `eventcenter` or `eventcenter-web` gives
# variables that look like ours. EVENTCENTER_CLUSTER is where the test cluster of the developers keeps its
# state.
_ENV_NOT_OURS = re.compile(
    r"EVENTCENTER_(CLUSTER|(\w+_)?(SERVICE_HOST|SERVICE_PORT\w*|PORT|PORT_\d+_(TCP|UDP|SCTP)\w*))"
)


@dataclass(frozen=True, slots=True)
class Loaded:
    settings: Settings
    origins: dict[str, str]
    """Field name → where its value came from (`default`, a file, a variable, a flag)."""
    file: Path
    """The settings file; where none was found, where one is looked for."""
    again: Callable[[], Loaded]
    """Reads all layers once more."""


Check = Callable[[Any], list[str]]
"""What is wrong with the value of a setting, a line each."""


def _no_check(value: Any) -> list[str]:
    return []


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    checks: Mapping[str, Check] | None = None,
) -> Loaded:
    """Settings of all layers. `flags` maps field names to what was given, None for a flag that was not. `checks` are by
    field what this layer cannot judge.

    ConfigError with one line for each problem.
    """
    env = os.environ if env is None else env
    problems: list[str] = []
    given: dict[str, tuple[str, Any]] = {}
    given.update(_from_file(_file_name(file, env, cwd or Path()), problems))
    given.update(_from_env(env, problems))
    by_field = {row.field: row for row in TABLE}
    for name, value in (flags or {}).items():
        if value not in (None, ()):
            given[name] = (by_field[name].flag, value)
    values: dict[str, Any] = {}
    for name, (origin, raw) in given.items():
        try:
            values[name] = by_field[name].parse(raw)
        except ValueError as error:
            problems.append(f"{origin}: {error}")
        else:
            problems += [f"{origin}: {line}" for line in (checks or {}).get(name, _no_check)(values[name])]
    if problems:
        raise ConfigError("\n".join(problems))
    origins = {row.field: given[row.field][0] if row.field in given else "default" for row in TABLE}
    again = functools.partial(load, flags, file=file, env=env, cwd=cwd, checks=checks)
    looked_for = _file_name(file, env, cwd or Path()) or (cwd or Path()) / DEFAULT_FILE
    return Loaded(Settings(**values), origins, looked_for, again)


def _file_name(file: Path | None, env: Mapping[str, str], cwd: Path) -> Path | None:
    """The file to read; one that was asked for must exist, `eventcenter.yaml` here need not."""
    if file is not None:
        return file
    if env.get(FILE_ENV):
        return Path(env[FILE_ENV])
    beside = cwd / DEFAULT_FILE
    return beside if beside.exists() else None


def _from_file(file: Path | None, problems: list[str]) -> dict[str, tuple[str, Any]]:
    if file is None:
        return {}
    content = _read_yaml(file, problems)
    rows = {row.key: row for row in TABLE}
    given = {}
    for key, value in content.items():
        if key not in rows:
            problems.append(f"{file}: {_unknown('setting', str(key), rows)}")
        elif value is not None:
            given[rows[key].field] = (f"{file}: {key}", value)
    return given


def _read_yaml(file: Path, problems: list[str]) -> dict[Any, Any]:
    import yaml  # 40 ms, and most commands read no file

    try:
        content = yaml.safe_load(file.read_bytes())
    except OSError as error:
        problems.append(f"{file}: cannot be read: {error.strerror or error}")
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        problems.append(f"{file}: is not valid YAML: {' '.join(str(error).split())}")
    else:
        if isinstance(content, dict):
            return content
        if content is not None:
            problems.append(f"{file}: must hold `setting: value` lines, not a {type(content).__name__}")
    return {}


def _from_env(env: Mapping[str, str], problems: list[str]) -> dict[str, tuple[str, Any]]:
    rows = {row.env: row for row in TABLE}
    given = {}
    for name in sorted(env):
        if name in rows:
            if env[name] != "":
                given[rows[name].field] = (name, env[name])
        elif name.startswith(ENV_PREFIX) and name != FILE_ENV and not _ENV_NOT_OURS.fullmatch(name):
            problems.append(_unknown("variable", name, rows))
    return given


def _unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.6)
    match = next((k for k in known if near and k.lower() == near[0]), None)
    guess = f" Did you mean {match}?" if match else ""
    return f"{what} {name!r} is not known.{guess} Known: {', '.join(known)}."
