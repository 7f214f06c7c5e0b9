"""Rules over the newest lines, against the original's definition and where we leave it."""

from __future__ import annotations

import re2
from hypothesis import given
from hypothesis import strategies as st

from tests.npd.monitors.making import engine, lines, messages, rule


def original(texts: list[str], pattern: str, size: int) -> list[str]:
    """What the original's definition gives for each push: of the joined buffer, with empty lines for unused slots, the
    run of whole lines from the start of the match to the end."""
    told = []
    for count in range(1, len(texts) + 1):
        real = texts[max(0, count - size) : count]
        joined = "\n".join([""] * (size - len(real)) + real)
        found = re2.search(pattern + r"\z", joined)
        if found is None:
            continue
        touched, covered = [], 0
        for text in reversed(real):
            touched.insert(0, text)
            covered += len(text) + 1
            if covered > len(joined) - found.start() - 1:
                break
        told.append("\n".join(touched))
    return told


LINE = st.text("ab ", max_size=3)
PART = st.sampled_from(["a", "b", ".", "a.*", "[ab]+", r"\w", "(?:a|b)", "(?:ab)?a", "a{2}", " "])
PATTERN = st.lists(PART, min_size=1, max_size=3).map(r"\n".join)
SIZE = st.integers(1, 4)


@given(st.lists(LINE, max_size=12), PATTERN, SIZE)
def test_as_the_original_where_the_newest_line_decides(texts: list[str], pattern: str, size: int) -> None:
    made = engine(rule(pattern), bufferSize=size)
    assert messages(made.feed(lines(*texts))) == original(texts, pattern, size)


@given(
    st.lists(LINE, max_size=12),
    st.sampled_from(["(?s)a.*", r"a|b\n", r"a[\s\S]*|b", r"\s*a", "^a", r"a\s*"]),
    SIZE,
)
def test_never_more_than_the_original(texts: list[str], pattern: str, size: int) -> None:
    unanchored = pattern.replace("^", r"(?m:^)")
    made = engine(rule(pattern), bufferSize=size)
    assert len(made.feed(lines(*texts))) <= len(original(texts, unanchored, size))


@given(
    st.lists(LINE, max_size=12),
    st.lists(PATTERN | st.sampled_from(["(?s)a.*", "a|b", "^a", r"\s*a"]), min_size=1, max_size=3),
    SIZE,
    st.lists(st.integers(1, 5), max_size=12),
)
def test_it_does_not_matter_how_many_lines_come_at_once(
    texts: list[str], patterns: list[str], size: int, counts: list[int]
) -> None:
    rules = [rule(pattern, f"R{number}") for number, pattern in enumerate(patterns)]
    together, singly = engine(*rules, bufferSize=size), engine(*rules, bufferSize=size)
    all_lines, expected, told = lines(*texts), [], []
    for line in all_lines:
        expected += singly.feed([line])
    for count in [*counts, len(all_lines)]:
        told += together.feed(all_lines[:count])
        del all_lines[:count]
    assert told == expected


def test_a_branch_without_an_end_does_not_fire_again_on_later_lines() -> None:
    made = engine(rule("oom-kill|Out of memory"))
    assert messages(made.feed(lines("an oom-kill: here", "quiet", "quiet"))) == ["an oom-kill: here"]


def test_an_open_tail_fires_once() -> None:
    made = engine(rule("(?s)panic.*"), bufferSize=5)
    assert messages(made.feed(lines("panic: a", "1", "2", "3", "4", "5"))) == ["panic: a"]


def test_an_open_tail_fires_on_each_new_beginning() -> None:
    made = engine(rule("(?s)panic.*"), bufferSize=5)
    assert messages(made.feed(lines("panic: a", "1", "panic: b", "2"))) == ["panic: a", "panic: b"]


def test_a_line_start_is_the_start_of_any_line() -> None:
    made = engine(rule("^BUG: .*"))
    assert messages(made.feed(lines("x", "BUG: a", "no BUG: b"))) == ["BUG: a"]


def test_a_match_over_lines_has_the_time_of_its_first_line() -> None:
    made = engine(rule(r"a\nb\nc"))
    (event,) = made.feed(lines("a", "b", "c", start=100.0))
    assert (event.time, event.message) == (100.0, "a\nb\nc")


def test_the_end_of_a_quoted_message_is_an_end() -> None:
    made = engine(rule("process is already dead: unknown"))
    quoted = 'level=error msg="Handler \\"x\\": process is already dead: unknown" module=m'
    assert messages(made.feed(lines(quoted))) == [quoted]


def test_a_tail_that_is_no_quoted_message_is_none() -> None:
    assert engine(rule("seconds\\.")).feed(lines("120 seconds. (repeated)", 'x="120 seconds."')) == []
