"""docs/sinks/hosted.md knows every hosted kind with how much it takes at once, and its addresses and bodies work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sinks.configuring import problems
from sinks.kinds import kind_of
from tests.sinks.hosted.conftest import Open
from tests.sinks.made import item
from tests.sinks.servers.faulty import FaultyServer

TEXT = Path(__file__).parents[3].joinpath("docs/sinks/hosted.md").read_text(encoding="utf-8")
NAMES = ("webhook", "sls", "eventbridge", "cloudevents", "otlp", "honeycomb", "riemann")
ADDRESSES = re.findall(rf"^    ((?:{'|'.join(NAMES)}):\S+)", TEXT, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_and_how_much_it_takes(name: str) -> None:
    kind = kind_of(name)
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}`"))
    assert f"| {kind.batch}" in row
    batch = [option.name for option in kind.options if option.name.startswith("batch")]
    assert ("batch" in row) == bool(batch)
    assert f"\n## {name}\n" in TEXT
    assert any(address.startswith(f"{name}:") for address in ADDRESSES)


@pytest.mark.parametrize("address", [*ADDRESSES, *(kind_of(name).example for name in NAMES)])
def test_addresses_work(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AccessKeyId", "AccessKeySecret"):
        monkeypatch.setenv(name, "12345")
    assert problems([address]) == []


def test_the_body_of_the_example_works(sender: Open, server: FaultyServer) -> None:
    example = next(block for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if "body:" in block)
    (sink,) = yaml.safe_load(example)["sinks"]
    sender({"uri": f"webhook:{server.url}", "method": sink["method"], "body": sink["body"]}).send([item()])
    assert server.requests[0].json == {
        "text": "Back-off restarting failed container web",
        "where": "shop",
        "count": 3,
    }
