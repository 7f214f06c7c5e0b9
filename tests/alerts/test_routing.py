"""Routes as people write them: who is told, and all that is wrong at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventcenter.alerts.documents import read_book, read_file
from eventcenter.alerts.intervals import holds
from eventcenter.alerts.matching import parse_matcher
from eventcenter.alerts.routes import Routing
from eventcenter.errors import ConfigError
from tests.alerts.notifying_world import NOW, routing

TREE = {
    "receivers": ["oncall"],
    "group_by": ["rule"],
    "routes": [
        {"matchers": ['severity=~"low|info"'], "receivers": ["mail"], "group_wait": "5m"},
        {"matchers": {"namespace": "payments"}, "receivers": ["payments"], "continue": True},
        {
            "matchers": ['namespace=~"pay.*"'],
            "routes": [{"matchers": ["team=x"], "receivers": ["x"], "repeat_interval": "never"}],
        },
    ],
}


def receivers(made: Routing, **labels: str) -> list[tuple[str, ...]]:
    return [route.receivers for route in made.routes(labels)]


def test_the_first_that_fits_is_taken_and_the_deepest() -> None:
    made = routing(TREE)
    assert receivers(made, severity="low", namespace="payments") == [("mail",)]
    assert receivers(made, severity="high") == [("oncall",)]
    assert receivers(made, namespace="payments", team="x") == [("payments",), ("x",)]
    assert receivers(made, namespace="payments") == [("payments",), ("oncall",)]
    assert made.receivers() == ["mail", "oncall", "payments", "x"]


def test_what_a_route_does_not_say_it_has_from_above() -> None:
    (mail,) = routing(TREE).routes({"severity": "info"})
    (x,) = routing(TREE).routes({"namespace": "pay", "team": "x"})
    assert (mail.group_by, mail.group_wait, mail.group_interval) == (("rule",), 300_000, 300_000)
    assert (x.group_by, x.repeat) == (("rule",), ())


def test_routes_with_the_same_matchers_have_names_of_their_own() -> None:
    made = routing(
        {"receivers": ["a"], "routes": [{"receivers": ["b"], "continue": True}, {"receivers": ["c"]}]}
    )
    assert receivers(made) == [("b",), ("c",)]
    assert len(made.by_name()) == 3


@pytest.mark.parametrize(
    ("written", "labels", "fits"),
    [
        ('a="x"', {"a": "x"}, True),
        ('a = "x y"', {"a": "x y"}, True),
        ("a=x", {"a": "xx"}, False),
        ('a!=""', {}, False),
        ('a=~"x|y"', {"a": "y"}, True),
        ('a=~"x"', {"a": "xx"}, False),
        ('a!~"x.*"', {"a": "y"}, True),
        (r'a="say \"hi\" \\"', {"a": 'say "hi" \\'}, True),
    ],
)
def test_matchers(written: str, labels: dict[str, str], fits: bool) -> None:
    matcher = parse_matcher(written)
    assert matcher.fits(labels) is fits
    assert parse_matcher(str(matcher)) == matcher


@pytest.mark.parametrize("written", ["", "a", "a==b c", '1a="x"', 'a=~"("', "a=~" + "x" * 2000])
def test_no_matchers(written: str) -> None:
    with pytest.raises(ValueError, match=r"is (no matcher|not a regular|a pattern)"):
        parse_matcher(written)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(
        """
rules: [{name: own, search: 'level:', count: 0}]
route:
  recievers: [a]
  matchers: ['a=b']
  group_wait: soon
  routes: [{matchers: ['nope'], receivers: [x], mute_time_intervals: [night]}]
inhibit: [{source: ['a=b']}]
time_intervals: {day: {times: 9-17, weekdays: [mon], location: Mars/Base}}
"""
    )
    with pytest.raises(ConfigError) as caught:
        read_file(file)
    lines = str(caught.value).splitlines()
    said = [
        *("count: 0 is not", "'recievers' is not known. Did you mean receivers?", "no matchers: it is for"),
        *("group_wait: 'soon' is not a time", "routes[0]: matchers", "no time interval 'night'"),
        *("needs both `source` and `target`", "times: '9-17' is not two times", "weekdays", "location"),
    ]
    assert all(any(one in line for line in lines) for one in said), lines
    assert all(line.startswith(str(file)) for line in lines)


def test_a_file_may_hold_routes_alone_and_rules_alone(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("route: {receivers: [oncall]}\n")
    book = read_book(file)
    assert book.routing.receivers() == ["oncall"] and "pod-crash-loop" in book.rules
    file.write_text("rules: []\n")
    assert read_book(file).routing.tree is None
    file.write_text("routes: {}\n")
    with pytest.raises(ConfigError, match="route, inhibit, time_intervals"):
        read_book(file)


@pytest.mark.parametrize(
    ("span", "within"),
    [
        ({"times": "11:00-13:00"}, True),
        ({"times": "12:30-13:00"}, False),
        ({"times": "22:00-07:00", "location": "Asia/Shanghai"}, False),
        ({"times": "19:00-07:00", "location": "Asia/Shanghai"}, True),
        ({"weekdays": ["saturday-sunday"]}, False),
        ({"weekdays": ["monday-friday"], "times": "09:00-17:00"}, True),
    ],
)
def test_time_intervals(span: dict[str, object], within: bool) -> None:
    """NOW is Monday, 23 November 2026, at 12:00 UTC."""
    made = routing({"receivers": ["a"]}, time_intervals={"it": [span]})
    assert holds(made.intervals["it"], NOW) is within
