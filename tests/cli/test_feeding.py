"""`replay` and `import` bring events in, once; `events` shows them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def event(number: int) -> dict[str, Any]:
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {
            "name": f"e{number}",
            "namespace": "shop",
            "uid": f"u{number}",
            "resourceVersion": str(number),
        },
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
        "reason": "Started",
        "message": f"number {number}",
        "type": "Normal",
        "lastTimestamp": f"2026-11-23T06:00:{number:02d}Z",
    }


LISTED = json.dumps({"kind": "List", "apiVersion": "v1", "items": [event(1), event(2)]})
WATCHED = "".join(json.dumps({"type": "ADDED", "object": event(number)}) + "\n" for number in (1, 2))


@pytest.mark.parametrize(("name", "content"), [("import", LISTED), ("import", WATCHED), ("replay", WATCHED)])
def test_a_file_is_taken_once(command: Command, home: Path, name: str, content: str) -> None:
    (home / "file").write_text(content)
    first = command(name, "file", "--data-dir", "data")
    again = command(name, "file", "--data-dir", "data")
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "2 changes stored, 0 were known already" in first.stdout
    assert "0 changes stored, 2 were known already" in again.stdout
    listed = command("events", "--data-dir", "data", "-o", "json")
    assert [json.loads(line)["uid"] for line in listed.stdout.splitlines()] == ["u2", "u1"]


def test_standard_input_is_taken(command: Command) -> None:
    done = command("import", "-", "--data-dir", "data", input=LISTED)
    assert done.returncode == 0, done.stderr
    assert "2 changes stored" in done.stdout
