"""A process that watches a kernel log and prints what is reported: `watching.py KMSG STATE CONFIG…`."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from npd.config import load_files
from npd.model import Status
from npd.monitors.building import monitors_of
from npd.state import State, boot_id


def tell(status: Status) -> None:
    events = [event.reason for event in status.events]
    conditions = {each.type: each.status for each in status.conditions}
    print(json.dumps({"events": events, "conditions": conditions}), flush=True)


def main(kmsg: str, state: str, *configs: str) -> None:
    selection = load_files(map(Path, configs))
    assert not selection.problems
    for monitor in monitors_of(selection.configs, State(Path(state), boot_id()), kmsg=kmsg):
        monitor.start(tell)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
