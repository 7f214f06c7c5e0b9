"""Which events a sink takes."""

from __future__ import annotations

from typing import Any

import pytest

from eventcenter.errors import ConfigError
from tests.sinks.made import event, raw, settings


def accepts(options: str, *, sink: str = "stdout:", **fields: Any) -> bool:
    found = settings(f"{sink}?{options}")
    return found.filter.accepts(event(**fields), raw())


@pytest.mark.parametrize(
    ("options", "fields", "expected"),
    [
        ("", {"level": "Normal"}, True),
        ("level=Warning", {"level": "Normal"}, False),
        ("level=Warning", {"level": "Warning"}, True),
        ("level=problem", {"level": "Normal", "problem": "pod-evicted"}, True),
        ("level=problem", {"level": "Normal"}, False),
        ("namespaces=shop,pay", {"namespace": "pay"}, True),
        ("namespaces=shop,pay", {"namespace": "payment"}, False),
        ("namespaces=shop", {"namespace": "", "kind": "Node"}, False),
        ("namespaces=shop,(cluster)", {"namespace": "", "kind": "Node"}, True),
        ("exclude_namespaces=shop", {"namespace": "shop"}, False),
        ("exclude_namespaces=(cluster)", {"namespace": ""}, False),
        ("kinds=Pod,Node", {"kind": "Node"}, True),
        ("kinds=Pod", {"kind": "Node"}, False),
        ("exclude_kinds=Pod", {"kind": "Pod"}, False),
        ("reason=^Back&reason=Kill", {"reason": "OOMKilling"}, True),
        ("reason=^Back&reason=Kill", {"reason": "Feedback"}, False),
        ("exclude_reason=Back", {"reason": "BackOff"}, False),
        ("q=kind:Pod namespace:shop", {}, True),
        ("q=kind:Node", {}, False),
        ("exclude=reason:BackOff", {}, False),
        ("kinds=Pod&reason=Back&level=Warning&namespaces=shop", {}, True),
        ("kinds=Pod&reason=Back&level=Warning&namespaces=other", {}, False),
    ],
)
def test_options(options: str, fields: dict[str, Any], expected: bool) -> None:
    assert accepts(options, **fields) is expected


@pytest.mark.parametrize(
    ("options", "namespace", "expected"),
    [
        ("namespaces=^shop-.*", "shop-1", True),
        ("namespaces=^shop-.*", "my-shop-1", False),
        ("namespaces=shop", "workshop", True),
        ("namespaces=default", "", True),
        ("namespaces=kube", "", False),
    ],
)
def test_a_webhook_takes_expressions_for_namespaces(options: str, namespace: str, expected: bool) -> None:
    given = f"level=Normal&{options}"
    assert accepts(given, sink="webhook:http://h", namespace=namespace) is expected


def test_the_default_level_is_that_of_kube_eventer() -> None:
    assert not accepts("", sink="webhook:http://h", level="Normal")
    assert accepts("level=Normal", sink="webhook:http://h", level="Normal")


@pytest.mark.parametrize("expression", ["(", "(a+)+\\1", "[z-a]"])
def test_an_expression_that_cannot_be_used(expression: str) -> None:
    with pytest.raises(ConfigError, match="reason: "):
        settings({"uri": "stdout:", "reason": expression})


def test_two_sinks_have_their_own_filters() -> None:
    pods, nodes = settings("stdout:?kinds=Pod"), settings("stdout:?kinds=Node")
    assert pods.filter.accepts(event(kind="Pod"), {}) and not nodes.filter.accepts(event(kind="Pod"), {})
    assert nodes.filter.accepts(event(kind="Node"), {}) and not pods.filter.accepts(event(kind="Node"), {})
