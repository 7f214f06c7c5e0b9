"""Addresses as people write them, with the slips that kube-eventer forgives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcenter.errors import ConfigError
from sinks.address import hide_secrets, pairs, split_name, split_url, without_password


@pytest.mark.parametrize(
    ("rest", "url", "options"),
    [
        ("https://h/hook", "https://h/hook", []),
        (
            "https://h/hook?level=Warning&kinds=Pod",
            "https://h/hook",
            [("level", "Warning"), ("kinds", "Pod")],
        ),
        ("https://h/hook&level=Normal", "https://h/hook", [("level", "Normal")]),
        ("https://h/hook?&level=Normal", "https://h/hook", [("level", "Normal")]),
        ("?brokers=a:9092&brokers=b:9092", "", [("brokers", "a:9092"), ("brokers", "b:9092")]),
        ("https://h/=x/y?k", "https://h/=x/y", [("k", "")]),
        ("https://h?token=a%26b+c%3D", "https://h", [("token", "a&b c=")]),
        ("https://h?header=A=b", "https://h", [("header", "A=b")]),
        ("https://h?a=1?b=2", "https://h", [("a", "1"), ("b", "2")]),
        (
            "?nodes=http://a:9200&nodes=http://b:9200?x",
            "",
            [("nodes", "http://a:9200"), ("nodes", "http://b:9200?x")],
        ),
        ("", "", []),
        (" https://h ", "https://h", []),
    ],
)
def test_url_and_options(rest: str, url: str, options: list[tuple[str, str]]) -> None:
    assert split_url(rest) == (url, options)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("log", ("log", "")),
        ("Kafka:?x=y", ("kafka", "?x=y")),
        ("webhook:https://h:1/", ("webhook", "https://h:1/")),
    ],
)
def test_the_name(uri: str, expected: tuple[str, str]) -> None:
    assert split_name(uri) == expected


@pytest.mark.parametrize("uri", ["", ":x", "https//h", "a b:c", "1:2", "?x=y"])
def test_no_name(uri: str) -> None:
    with pytest.raises(ConfigError, match="NAME:URL"):
        split_name(uri)


@given(st.text())
def test_no_text_is_a_defect(text: str) -> None:
    url, _ = split_url(text)
    assert "?" not in url and "&" not in url
    assert all(key for key, _ in pairs(text))


def test_secrets_are_hidden_long_ones_everywhere_short_ones_where_they_stand_alone() -> None:
    secrets = frozenset({"abcdef", "abcdefgh", "key"})
    assert hide_secrets("xabcdefghx xabcdefx key monkey key=key", secrets) == "x***x x***x *** monkey ***=***"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:pass@h/x", "http://user:***@h/x"),
        ("http://user:p:a@s@h/x", "http://user:***@h/x"),
        ("http://h:80/x@y", "http://h:80/x@y"),
    ],
)
def test_passwords_in_urls(url: str, shown: str) -> None:
    assert without_password(url) == shown
