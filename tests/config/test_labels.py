"""Labels of records as the file, the environment and flags write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eventcenter import settingtypes as types
from eventcenter.config import load


def test_every_layer_says_the_same(tmp_path: Path) -> None:
    expected = {"clusterName": "shop", "RegionId": "eu=1"}
    file = tmp_path / "eventcenter.yaml"
    for text in ("labels: {clusterName: shop, RegionId: eu=1}", "labels: [clusterName=shop, RegionId=eu=1]"):
        file.write_text(text)
        assert load(file=file, env={}).settings.labels == expected
    assert load(env={"EVENTCENTER_LABELS": "clusterName=shop, RegionId=eu=1"}).settings.labels == expected
    assert load({"labels": ("clusterName=shop", "RegionId=eu=1")}, env={}).settings.labels == expected
    assert load(env={}).settings.labels == {}


def test_what_yaml_takes_for_something_else_is_text() -> None:
    assert types.labels({"UserId": 12, "prod": True, "empty": None}) == {
        "UserId": "12",
        "prod": "true",
        "empty": "",
    }


@pytest.mark.parametrize(
    "value",
    [
        "clusterName",
        "=x",
        "a b=c",
        "1a=c",
        "a=1,a=2",
        "__time__=1",
        "event_id=x",
        "eventId=x",
        "level=x",
        {"pod_id": "x"},
        {"a": ["b"]},
        {"a": "b" * 1001},
        {"a": "\0"},
        {"a": "\ud800"},
        {None: "x"},
        7,
        True,
        "x" * 64 + "=1",
    ],
)
def test_what_is_no_label_is_refused(value: Any) -> None:
    with pytest.raises(ValueError) as refused:
        types.labels(value)
    assert "\n" not in str(refused.value)
