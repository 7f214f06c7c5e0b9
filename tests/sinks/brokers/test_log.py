from __future__ import annotations

import json

import pytest

from tests.sinks.made import NASTY, item, items, sender


@pytest.mark.parametrize("line", ["log", "log:", "log:?level=Normal"])
def test_a_line_for_people(line: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    sink = sender(line)
    sink.send([item(0), item(1, namespace="", kind="Node", name="node-1", component="", hostname="")])
    sink.close()
    assert capsysbinary.readouterr().out.decode() == (
        "2025-12-25T12:00:00Z Warning BackOff Pod shop/web-0 (count 3, kubelet, node-1): "
        "Back-off restarting failed container web\n"
        "2025-12-25T12:00:01Z Warning BackOff Node node-1 (count 3): Back-off restarting failed container web\n"
    )


@pytest.mark.parametrize("text", NASTY)
def test_any_text_is_one_line(text: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    sink = sender("log")
    sink.send([item(message=NASTY[text])])
    out = capsysbinary.readouterr().out
    assert out.count(b"\n") == 1 and b"\x1b" not in out and b"\0" not in out
    out.decode()


@pytest.mark.parametrize(("form", "field"), [("event", "uid"), ("record", "event_id"), ("raw", "metadata")])
def test_stdout(form: str, field: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    sink = sender(f"stdout:?format={form}")
    sink.send(items(2))
    lines = capsysbinary.readouterr().out.splitlines()
    assert len(lines) == 2 and all(field in json.loads(line) for line in lines)
