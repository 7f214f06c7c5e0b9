"""The columns of the table `log`: names as people write them, to names of ours.

`store.log_table` knows what each is in the file. A name that is none of these may still be an alias or a column of a
sub-query; whether it is, SQLite says."""

from __future__ import annotations

DIMENSIONS = frozenset(
    {
        "level",
        "reason",
        "kind",
        "namespace",
        "field_path",
        "component",
        "hostname",
        "action",
        "problem",
        "api_version",
    }
)
"""Texts that repeat: the store keeps a number for each, which is quicker to group by and to compare."""

RECORD = ("__time__", "hostname", "level", "pod_id", "pod_name", "event_id")
"""What `*` stands for: the record of the hosted event center."""

PLAIN = DIMENSIONS | {
    *RECORD,
    "uid",
    "object_uid",
    "name",
    "message",
    "count",
    "first_time",
    "last_time",
    "seq",
    "instance",
}
EVENT = "event_id"

_SHORT = {
    "host": "hostname",
    "node": "hostname",
    "ns": "namespace",
    "pod": "pod_name",
    "type": "level",
    "eventid": EVENT,
}
"""The same short names as a search has."""
_OBJECT = {
    "kind": "kind",
    "namespace": "namespace",
    "name": "name",
    "uid": "object_uid",
    "fieldpath": "field_path",
    "apiversion": "api_version",
}
_LEAVES = {
    "reason": "reason",
    "type": "level",
    "message": "message",
    "note": "message",
    "count": "count",
    "deprecatedcount": "count",
    "action": "action",
    "reportingcomponent": "component",
    "reportingcontroller": "component",
    "metadata.uid": "uid",
    **{
        f"{about}.{leaf}": name for about in ("involvedobject", "regarding") for leaf, name in _OBJECT.items()
    },
    **{f"{source}.component": "component" for source in ("source", "deprecatedsource")},
    **{f"{source}.host": "hostname" for source in ("source", "deprecatedsource")},
}
"""Leaves of the event that are columns; every other one is read from the event itself, which takes longer."""


def known(name: str) -> str | None:
    """The column that `name` means: one of PLAIN, or `event_id.PATH` for a leaf that is no column. None: not of the
    table. Upper and lower case are the same, but in a PATH."""
    lower = name.lower()
    if lower in PLAIN:
        return lower
    if lower in _SHORT:
        return _SHORT[lower]
    head, dot, path = name.partition(".")
    if not dot or not path or head.lower() not in (EVENT, "eventid"):
        return None
    return _LEAVES.get(path.lower(), f"{EVENT}.{path}")


def names() -> list[str]:
    """What to suggest for a name that is wrong."""
    return sorted(
        {*PLAIN, *_SHORT, "event_id.reason", "event_id.message", "event_id.involvedObject.namespace"}
    )
