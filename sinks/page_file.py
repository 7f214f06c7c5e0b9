"""The sinks that were set up in the page: a file of its own beside the database, readable by its owner only, because
addresses hold keys. It is no part of the database, so that no backup, export or query carries them."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from eventcenter.errors import ConfigError

NAME = "sinks.json"


class PageFile:
    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def read(self) -> dict[str, str]:
        """Name → address. ConfigError when the file is not what we wrote."""
        try:
            content = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self._path} cannot be read: {error}") from None
        if not isinstance(content, dict) or not all(isinstance(uri, str) for uri in content.values()):
            raise ConfigError(f"{self._path} does not hold names and addresses of sinks")
        return content

    def write(self, sinks: dict[str, str]) -> None:
        """Whole or not at all. ConfigError when it cannot be written."""
        try:
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".sinks-")  # mode 0600
            try:
                with os.fdopen(handle, "w") as file:
                    json.dump(sinks, file, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self._path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror or error}") from None
