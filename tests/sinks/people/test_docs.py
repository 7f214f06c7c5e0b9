"""docs/sinks/people.md knows every kind for people with its limit, and its addresses work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sinks.configuring import problems
from sinks.kind import Kind
from sinks.kinds import MODULES, kind_of

TEXT = Path(__file__).parents[3].joinpath("docs/sinks/people.md").read_text(encoding="utf-8")
NAMES = (
    "alertmanager", "apprise", "dingtalk", "email", "feishu", "opsgenie", "pagerduty", "slack", "teams", "wechat",
)  # fmt: skip
ADDRESSES = re.findall(rf"^    ((?:{'|'.join((*NAMES, 'lark'))}):\S+)", TEXT, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_and_its_limit(name: str) -> None:
    kind: Kind = kind_of(name)
    assert name in MODULES and kind.messenger is not None
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{name}`"))
    assert f"| {kind.per_minute:.0f} a minute" in row
    assert re.search(rf"^## .*\b{name}\b", TEXT, re.MULTILINE)
    for alias in kind.aliases:
        assert f"`{alias}`" in row and kind_of(alias) is kind


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("address", [*ADDRESSES, *(kind_of(name).example for name in NAMES)])
def test_addresses_work(address: str) -> None:
    assert problems([address]) == []


def test_there_are_addresses_of_all() -> None:
    assert {address.partition(":")[0] for address in ADDRESSES} == {*NAMES, "lark"}
