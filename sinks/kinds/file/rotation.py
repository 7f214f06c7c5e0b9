"""What becomes of a file that is full or old: renamed with its time, compressed, and deleted at last."""

from __future__ import annotations

import contextlib
import gzip
import logging
import os
import re
import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

ENDINGS = {"none": "", "gzip": ".gz", "zstd": ".zst"}
UNFINISHED = ".tmp"


class Rotation:
    def __init__(self, path: Path, how: str, keep: int) -> None:
        self._path = path
        self._how = how
        self._keep = keep
        self._old = re.compile(rf"{re.escape(path.name)}\.(\d{{8}}T\d{{6}}\.\d{{6}}Z)(\.gz|\.zst)?")
        self._lock = threading.Lock()
        self._asked = False
        """Something has been put aside since the thread looked last."""
        self._thread: threading.Thread | None = None

    def put_aside(self) -> None:
        """OSError when the file cannot be renamed."""
        now = datetime.now(UTC)
        os.rename(self._path, self._path.with_name(f"{self._path.name}.{now:%Y%m%dT%H%M%S.%fZ}"))
        self.tidy()

    def tidy(self) -> None:
        """Compress and delete in a thread, so that no delivery waits for it."""
        with self._lock:
            self._asked = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="file-rotation", daemon=True)
                self._thread.start()

    def join(self, timeout: float) -> None:
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def newest_end(self) -> float | None:
        """When the newest old file ended and this one began, in seconds of the epoch."""
        names = [match[1] for match in map(self._old.fullmatch, self._names()) if match]
        if not names:
            return None
        return datetime.strptime(max(names), "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC).timestamp()

    def _names(self) -> list[str]:
        with contextlib.suppress(OSError):
            return sorted(os.listdir(self._path.parent))
        return []

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._asked:
                    self._thread = None
                    return
                self._asked = False
            self._tidy_up()

    def _tidy_up(self) -> None:
        try:
            old = [name for name in self._names() if self._old.fullmatch(name)]
            if self._keep:
                for name in old[: -self._keep]:
                    self._path.with_name(name).unlink(missing_ok=True)
                old = old[-self._keep :]
            for name in old:
                if self._how != "none" and not name.endswith((".gz", ".zst")):
                    self._compress(self._path.with_name(name))
        except Exception as error:  # the disk is full, or somebody else tidies up: the next time
            log.warning("an old file was not compressed or deleted error=%s", error)

    def _compress(self, path: Path) -> None:
        """Under another name until it is whole, as a kill may come in between."""
        unfinished = path.with_name(path.name + UNFINISHED)
        with path.open("rb") as source, unfinished.open("wb") as target:
            if self._how == "gzip":
                with gzip.GzipFile(filename="", fileobj=target, mode="wb", mtime=0) as packed:
                    shutil.copyfileobj(source, packed, 1 << 20)
            else:
                import zstandard

                zstandard.ZstdCompressor().copy_stream(source, target)
            target.flush()
            os.fsync(target.fileno())
        unfinished.replace(path.with_name(path.name + ENDINGS[self._how]))
        path.unlink()
