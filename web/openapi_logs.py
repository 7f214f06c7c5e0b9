"""The part of the OpenAPI description about container logs."""

from __future__ import annotations

from web.logs_api import CONTAINER, MAX_LINES, SOURCES
from web.openapi_parts import COUNT, STRING, TIME, Json, object_of, parameter


def log_schemas() -> Json:
    return {
        "ContainerLog": object_of(
            {
                "container": {**STRING, "description": "Empty: the Pod's only one."},
                "previous": {"type": "boolean", "description": "Whether it is of the run before."},
                "source": {"enum": list(SOURCES)},
                "time": {**TIME, "description": "When it was read."},
                "text": {**STRING, "description": "Anybody's text: escape it. Credentials in it are hidden."},
                "truncated": {"type": "boolean", "description": "Whether the log has more than this."},
                "reason": {"type": ["string", "null"], "description": "Why there is no text."},
            }
        )
    }


def log_parameters() -> list[Json]:
    return [
        parameter(
            "source",
            "snapshot: as kept at crash time; live: from the cluster, now. Default: the snapshot if there is one.",
            {"enum": list(SOURCES)},
        ),
        parameter(
            "container",
            "Default: the one that the event is about.",
            {**STRING, "pattern": f"^{CONTAINER.pattern}$"},
        ),
        parameter(
            "previous",
            "Of the run before the one that is there; default: what suits the event.",
            {"enum": ["true", "false"]},
        ),
        parameter("tail", "At most so many last lines.", {**COUNT, "minimum": 1, "maximum": MAX_LINES}),
    ]
