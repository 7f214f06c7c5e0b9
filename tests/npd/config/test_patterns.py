"""Go's regular expressions, as rules use them."""

from __future__ import annotations

import pytest

from npd.config.patterns import BadPattern, rule_pattern


def found(pattern: str, text: str) -> str | None:
    match = rule_pattern(pattern).anchored.search(text.encode())
    return None if match is None else match.group().decode()


@pytest.mark.parametrize(
    ("pattern", "text", "match"),
    [
        ("b", "ab", "b"),
        ("b", "ba", None),
        ("^a", "x\na", "a"),
        (r"\Aa", "x\na", "a"),
        ("a$", "a", "a"),
        ("a$\nb", "a\nb", "a\nb"),
        ("a.b", "a\nb", None),
        ("(?s)a.b", "a\nb", "a\nb"),
        (r"\w+", "é", None),
        (r"\Qa.b", "a.b", "a.b"),
        (r"\Qa.b", "axb", None),
        ("[$^]", "$", "$"),
        (r"\$", "$", "$"),
        ("(?i)ÄB", "äb", "äb"),
        ("[[:alpha:]]+$", "x1 yz", "yz"),
    ],
)
def test_matches_to_the_end_of_the_newest_line(pattern: str, text: str, match: str | None) -> None:
    assert found(pattern, text) == match


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("a(?=b)", "look-ahead"),
        ("(?<!a)b", "look-behind"),
        (r"(a)\1", "back references"),
        ("a++", "possessive"),
        ("(?>a)", "atomic"),
        (r"a\C", "single byte"),
        ("a(", "missing"),
        ("a)(?:b", "unexpected"),
        ("a\\", "trailing"),
        ("(a{999}){999}", "repetition"),
    ],
)
def test_what_go_refuses_is_refused_by_name(pattern: str, said: str) -> None:
    with pytest.raises(BadPattern, match=said):
        rule_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "crosses"),
    [
        ("plain.*", False),
        (r"[\S ]+ \d+\.", False),
        ("(?i)a", False),
        ("(?P<name>a)", False),
        (r"a\nb", True),
        ("a\nb", True),
        ("[^a]", True),
        (r"\s", True),
        (r"\W", True),
        ("(?s)a.*", True),
        (r"[\t-\r]", True),
        ("[[:space:]]", True),
        (r"\x0a", True),
    ],
)
def test_whether_earlier_lines_matter(pattern: str, crosses: bool) -> None:
    assert rule_pattern(pattern).crosses is crosses
