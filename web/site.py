"""What every request handler reaches for: the running center and the bound on requests that wait."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from eventcenter.consuming import Consumers
from eventcenter.ports import Center

WAITING_REQUESTS = 8
"""How many long polls and event streams may be open at once. Each keeps a thread of the server."""
SERVER_THREADS = WAITING_REQUESTS + 6
"""What the server has to be given, so that pages are answered while every place to wait is taken and as many queries
run as may."""


@dataclass(frozen=True)
class Site:
    center: Center
    stopping: threading.Event
    """Set when the process stops: waiting requests end within a second."""
    consumers: Consumers
    places: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(WAITING_REQUESTS)
    )


def site() -> Site:
    return cast(Site, current_app.extensions["eventcenter"])


def center() -> Center:
    return site().center
