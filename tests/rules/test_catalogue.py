"""The catalogue: every entry recognizes its own example, the most specific one wins, everyday events are no problem."""

from __future__ import annotations

import json
import random
import time
from importlib import resources
from typing import Any

import msgspec
import pytest

from eventcenter.model import Event
from eventcenter.rules import ERROR_SEVERITIES, Catalogue, Match, Problem, built_in, matcher

ENTRIES: list[dict[str, Any]] = json.loads(
    (resources.files("eventcenter") / "data/catalogue.json").read_bytes()
)


def event_of(fields: dict[str, Any]) -> Event:
    """An event of an example's fields, which are named as in Kubernetes."""
    names = {"type": "level", "object": "name"}
    known = {names.get(key, key): value for key, value in fields.items()}
    given = {
        key: value
        for key, value in known.items()
        if key in Event.__struct_fields__ and isinstance(value, str)
    }
    return Event(**({"uid": "u", "level": "Warning", "first_time": 0, "last_time": 0} | given))  # type: ignore[arg-type]


def made(**fields: Any) -> Event:
    return event_of(fields)


def _names_an_event(match: dict[str, Any]) -> bool:
    """Some entries are about the number of Warnings: too general to be the name of one event."""
    return any(match.get(key) for key in ("reason", "message_regex", "message_contains"))


with_example = [entry for entry in ENTRIES if entry.get("example")]


def test_there_are_entries() -> None:
    assert len(with_example) > 150
    assert len({entry["id"] for entry in ENTRIES}) == len(ENTRIES) == len(built_in().problems)


@pytest.mark.parametrize(
    "entry",
    [entry for entry in with_example if not entry["match"].get("absent")],
    ids=lambda entry: str(entry["id"]),
)
def test_an_entry_matches_its_own_example(entry: dict[str, Any]) -> None:
    match = msgspec.convert(entry["match"], Match)
    assert matcher(match)(event_of(entry["example"]))


@pytest.mark.parametrize(
    "entry",
    [entry for entry in with_example if entry.get("default_enabled") and _names_an_event(entry["match"])],
    ids=lambda entry: str(entry["id"]),
)
def test_an_example_is_classified_as_its_entry_or_a_finer_one(entry: dict[str, Any]) -> None:
    found = built_in().classify(event_of(entry["example"]))
    problem = built_in().problems[found]
    assert found == entry["id"] or matcher(problem.match)(event_of(entry["example"]))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry["id"]))
def test_an_entry_is_complete(entry: dict[str, Any]) -> None:
    problem = built_in().problems[entry["id"]]
    assert problem.title_en and problem.title_zh and problem.category
    assert not problem.refines or problem.refines in built_in().problems


def test_no_everyday_event_is_a_problem() -> None:
    for reason in (
        "Pulling",
        "Pulled",
        "Created",
        "Started",
        "Scheduled",
        "SuccessfulCreate",
        "ScalingReplicaSet",
        "X",
    ):
        everyday = made(reason=reason, type="Normal", kind="Pod", message="failed out of memory error OOM")
        assert built_in().classify(everyday) in {"", "normal-event"}, reason


def test_an_unknown_warning_without_a_telling_message_is_no_problem() -> None:
    assert built_in().classify(made(reason="NeverHeardOf", message="hm")) == ""


def problem(name: str, match: dict[str, Any], **more: Any) -> Problem:
    given = {"id": name, "title_en": "", "title_zh": "", "category": "", "severity": "low", "match": match}
    return msgspec.convert(given | {"default_enabled": True} | more, Problem)


def test_the_most_specific_entry_wins_in_any_order() -> None:
    entries = [
        problem("by-reason", {"reason": ["Failed"]}),
        problem("by-kind", {"reason": ["Failed"], "kind": ["Pod"]}),
        problem("by-message", {"reason": ["Failed"], "message_contains": ["image"]}),
        problem("refined", {"reason": ["Failed"], "name_regex": "^web"}, refines="by-message"),
        problem("off", {"reason": ["Failed"], "kind": ["Pod"], "name_regex": "x"}, default_enabled=False),
    ]
    for seed in range(10):
        random.Random(seed).shuffle(entries)
        classify = Catalogue(entries).classify
        assert classify(made(reason="Failed")) == "by-reason"
        assert classify(made(reason="Failed", kind="Pod", name="x")) == "by-kind"
        assert classify(made(reason="Failed", kind="Pod", message="no IMAGE")) == "by-message"
        assert classify(made(reason="Failed", kind="Pod", message="no image", name="web-1")) == "refined"
        assert classify(made(reason="Other")) == ""


def test_refining_in_a_circle_ends() -> None:
    circle = [
        problem("a", {"reason": ["R"]}, refines="b"),
        problem("b", {"reason": ["R"]}, refines="a"),
    ]
    assert Catalogue(circle).classify(made(reason="R")) in {"a", "b"}


@pytest.mark.parametrize(
    ("match", "event", "expected"),
    [
        ({"reason": ["A", "B"]}, {"reason": "B"}, True),
        ({"reason": ["A"]}, {"reason": "a"}, False),
        ({"type": ["Warning"]}, {"type": "Normal"}, False),
        ({"namespace": ["shop"]}, {"namespace": "shop"}, True),
        ({"name_regex": "^web-"}, {"name": "web-1"}, True),
        ({"message_regex": r"code \d+"}, {"message": "exit code 137"}, True),
        ({"message_contains": ["OOM"]}, {"message": "an oom kill"}, True),
        ({"message_contains": ["a", "b"]}, {"message": "only B"}, True),
        ({"reason": ["R"], "message_not_contains": ["quota"]}, {"reason": "R", "message": "Quota"}, False),
        ({"reason": ["R"], "absent": True}, {"reason": "R"}, False),
        ({}, {"reason": "R"}, False),
    ],
)
def test_conditions(match: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert matcher(msgspec.convert(match, Match))(made(**event)) is expected


@pytest.mark.parametrize("filling", ["a", "0/60 nodes ", "failed to ", "(" * 50, "error: error: "])
def test_a_huge_message_is_classified_in_time(filling: str) -> None:
    """An event may hold 1.5 MB of anything; no pattern of the catalogue may take for ever over it."""
    reasons = {reason for entry in ENTRIES for reason in entry["match"].get("reason", ["?"])}
    message = filling * (1_500_000 // len(filling))
    classify = built_in().classify
    began = time.process_time()
    for reason in sorted(reasons)[::10]:
        classify(made(reason=reason, kind="Pod", message=message))
    assert time.process_time() - began < 3


def test_errors_are_the_severe_problems() -> None:
    severe = built_in().with_severity(ERROR_SEVERITIES)
    assert "pod-oom-killed" in severe
    assert all(built_in().problems[name].severity in {"critical", "high"} for name in severe)
    assert severe < set(built_in().problems)
