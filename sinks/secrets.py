"""References in place of secrets: `${env:NAME}`, `${file:/path}` and `${secret:NAMESPACE/NAME/KEY}`, so that no token
needs to stand in a configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from eventcenter.errors import ConfigError

Resolve = Callable[[str], tuple[str, set[str]]]
"""Text with references → the text, and what was put in. ConfigError for a reference that leads nowhere."""

ReadSecret = Callable[[str, str, str], str]
"""Namespace, name and key of a Kubernetes Secret → its value. ConfigError when it cannot be had."""

_REFERENCE = re.compile(r"\$\{(\w+):([^}]*)\}")
MAX_BYTES = 65_536


def resolved(text: str) -> tuple[str, set[str]]:
    """With the environment and files; Secrets of a cluster only where a center gives a reader (`resolver`)."""
    return _resolved(text, None)


def resolver(read_secret: ReadSecret) -> Resolve:
    return lambda text: _resolved(text, read_secret)


def _resolved(text: str, read_secret: ReadSecret | None) -> tuple[str, set[str]]:
    secrets: set[str] = set()

    def put(match: re.Match[str]) -> str:
        value = _looked_up(match[1], match[2], read_secret)
        secrets.add(value)
        return value

    return _REFERENCE.sub(put, text), secrets


def _looked_up(where: str, what: str, read_secret: ReadSecret | None) -> str:
    if where == "env":
        if not os.environ.get(what):
            raise ConfigError(f"${{env:{what}}}: the environment variable {what} is not set")
        return os.environ[what]
    if where == "file":
        return _from_file(what)
    if where == "secret":
        parts = what.split("/")
        if len(parts) != 3 or not all(parts):
            raise ConfigError(f"${{secret:{what}}} is not ${{secret:NAMESPACE/NAME/KEY}}")
        if read_secret is None:
            raise ConfigError(
                f"${{secret:{what}}}: Secrets can be read only where the center watches a cluster"
            )
        return read_secret(parts[0], parts[1], parts[2])
    raise ConfigError(f"${{{where}:…}} is not known; accepted are ${{env:…}}, ${{file:…}} and ${{secret:…}}")


def _from_file(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"${{file:{path}}} cannot be read: {reason}") from None
    value = content.decode("utf-8", "replace").strip()
    if len(content) > MAX_BYTES or not value:
        raise ConfigError(f"${{file:{path}}} is empty or larger than {MAX_BYTES} bytes")
    return value
