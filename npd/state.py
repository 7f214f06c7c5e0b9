"""What the monitors know and must not forget over a restart: how far each has read its log, and its conditions.

One JSON file, replaced as a whole. Conditions are of one boot: after another nothing of them holds any more. Where the
file cannot be written, everything works on until the next restart, and `problem` says so."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from npd.model import Condition

log = logging.getLogger(__name__)

VERSION = 1
IDLE_S = 5.0
"""How long a position that no event hangs on may stay unwritten."""

Position = dict[str, Any]
"""As the source of a log wants it back; JSON."""


def boot_id(proc: str = "/proc") -> str:
    """'' where the kernel does not tell."""
    try:
        return Path(proc, "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


class State:
    """For several threads. `path` None: forgets."""

    def __init__(self, path: Path | None, boot: str) -> None:
        self.problem = ""
        self._path = path
        self._boot = boot
        self._lock = threading.Lock()
        self._written = 0.0
        self._dirty = False
        self._monitors: dict[str, dict[str, Any]] = self._read()

    def conditions(self, monitor: str) -> tuple[Condition, ...]:
        """As they stood before the restart."""
        with self._lock:
            kept = self._monitors.get(monitor, {}).get("conditions", [])
        try:
            return tuple(Condition(**each) for each in kept)
        except TypeError:
            return ()

    def position(self, monitor: str) -> Position | None:
        with self._lock:
            kept = self._monitors.get(monitor, {}).get("position")
        return kept if isinstance(kept, dict) else None

    def keep(
        self,
        monitor: str,
        *,
        conditions: Iterable[Condition] | None = None,
        position: Position | None = None,
        at_once: bool = False,
    ) -> None:
        """`at_once`: something was reported that must not be reported again."""
        with self._lock:
            kept = self._monitors.setdefault(monitor, {})
            if conditions is not None:
                kept["conditions"] = [_plain(each) for each in conditions]
            if position is not None:
                kept["position"] = position
            self._dirty = True
            if at_once or time.monotonic() - self._written >= IDLE_S:
                self._write()

    def flush(self) -> None:
        with self._lock:
            if self._dirty:
                self._write()

    def retain(self, monitors: Iterable[str]) -> None:
        """Forget monitors that are no longer configured."""
        wanted = set(monitors)
        with self._lock:
            self._monitors = {name: kept for name, kept in self._monitors.items() if name in wanted}

    def _read(self) -> dict[str, dict[str, Any]]:
        if self._path is None:
            return {}
        try:
            kept = json.loads(self._path.read_bytes())
            monitors = kept["monitors"] if kept["version"] == VERSION else {}
            found = {name: dict(values) for name, values in monitors.items()}
            if not self._boot or kept["boot_id"] != self._boot:
                for values in found.values():
                    values.pop("conditions", None)
            return found
        except FileNotFoundError:
            return {}
        except OSError as error:
            log.warning("%s cannot be read, so everything begins anew: %s", self._path, error.strerror)
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("%s makes no sense, so everything begins anew", self._path)
        return {}

    def _write(self) -> None:
        """Not synced to the disk: after a crash of the node the boot is another, and what is in here matters little."""
        self._dirty, self._written = False, time.monotonic()
        if self._path is None:
            return
        text = json.dumps({"version": VERSION, "boot_id": self._boot, "monitors": self._monitors})
        temporary = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(text)
            os.replace(temporary, self._path)
            self.problem = ""
        except OSError as error:
            if not self.problem:
                log.warning("%s cannot be written, so a restart may report again: %s", self._path, error)
            self.problem = f"{self._path} cannot be written: {error.strerror}"


def _plain(condition: Condition) -> dict[str, Any]:
    return {name: getattr(condition, name) for name in Condition.__slots__}
