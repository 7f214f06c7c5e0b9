"""Where the log goes: standard error, as text for people or as JSON lines for collectors."""

from __future__ import annotations

import json
import logging
import sys
import time

from eventcenter.settings import Settings

# The libraries below us narrate every request and job; what they warn of is still shown.
_CHATTY = ("apscheduler", "kubernetes", "matplotlib", "urllib3", "waitress")


def set_up_logging(settings: Settings) -> None:
    """Replaces what is set up, so that a second call in one process does not print twice."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Text(logging.Formatter):
    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", "%Y-%m-%dT%H:%M:%SZ", style="{")


class JsonLines(logging.Formatter):
    """One object a line; a stack is a field of it."""

    def format(self, record: logging.LogRecord) -> str:
        seconds, milliseconds = divmod(int(record.created * 1000), 1000)
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{milliseconds:03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
