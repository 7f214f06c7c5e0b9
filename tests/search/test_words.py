"""Python cuts words as SQLite does, for every character."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from eventcenter.search.words import patterns, spaced, words
from tests.search.unicode61 import table


def shipped() -> dict[str, str]:
    file = resources.files("eventcenter") / "data" / "unicode61.json"
    data: dict[str, str] = json.loads(file.read_text(encoding="ascii"))
    return data


def test_the_table_says_what_sqlite_says() -> None:
    assert shipped() == table()


def test_what_is_folded_stays_as_it_is() -> None:
    folded = shipped()["to"]
    assert words(" ".join(folded)) == [word for char in folded for word in spaced(char).split()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Back-off restarting", ["back-off", "restarting"]),
        ("Insufficient cpu. Node v1.2.", ["insufficient", "cpu", "node", "v1.2"]),
        ("gone., a.; b.: c.) d.\" e.' f... g.", ["gone", "a", "b", "c", "d", "e", "f", "g"]),
        ("image:v1.2@sha256", ["image", "v1.2", "sha256"]),
        ("Café CAFE\u0301 İ ſ", ["cafe", "cafe", "i", "s"]),
        ("拉取镜像 ok", ["拉", "取", "镜", "像", "ok"]),
        ("a😀b\0c\ud800d", ["a", "b", "c", "d"]),
        ("-- 100%", ["--", "100"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("web-*", ["web-*"]), ("v1.*", ["v1.*"]), ("É?x", ["e?x"]), ("拉*", ["拉", "*"]), ("a/*b", ["a", "*b"])],
)
def test_wildcards_belong_to_what_is_looked_for(text: str, expected: list[str]) -> None:
    assert patterns(text) == expected
