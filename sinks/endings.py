"""Events that say that something is over."""

from __future__ import annotations

from collections.abc import Sequence

from eventcenter.model import Event

_ENDED: dict[str, tuple[str, ...]] = {
    "NodeReady": ("NodeNotReady",),
    "NodeHasNoDiskPressure": ("NodeHasDiskPressure",),
    "NodeHasSufficientMemory": ("NodeHasInsufficientMemory",),
    "NodeHasSufficientPID": ("NodeHasInsufficientPID", "NodeHasPIDPressure", "PIDPressure", "HasPIDPressure"),
    "NodeSchedulable": ("NodeNotSchedulable",),
    "FilesystemIsNotReadOnly": ("FilesystemIsReadOnly",),
    "NTPIsUp": ("NTPIsDown",),
}
"""The reason that ends, and those that it ends. All are of nodes."""


def ended_by(event: Event) -> Sequence[str]:
    """The reasons of the same object that are over with this event."""
    return _ENDED.get(event.reason, ()) if event.kind == "Node" else ()
