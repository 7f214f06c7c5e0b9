"""Never more messages than a channel takes, and nothing that waits for its turn."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.pacing import Bucket, folded


@given(
    st.sampled_from([5.0, 20.0, 60.0, 100.0]),
    st.lists(st.integers(0, 20_000), max_size=300),
)
def test_a_minute_never_holds_more_than_the_limit(per_minute: float, waits: list[int]) -> None:
    bucket, now, sent = Bucket(per_minute, 0), 0, deque[int]()
    for wait in waits:
        now += wait
        while bucket.tokens(now):
            bucket.take(now)
            sent.append(now)
        while sent and sent[0] <= now - 60_000:
            sent.popleft()
        assert len(sent) <= per_minute * 0.8 + 1


@pytest.mark.parametrize("per_minute", [None, 0.5, 20.0, 6_000.0])
def test_the_next_token_comes_when_it_was_said(per_minute: float | None) -> None:
    bucket = Bucket(per_minute, 0)
    while bucket.tokens(0):
        bucket.take(0)
    at = bucket.next_at(0)
    assert at > 0 and bucket.tokens(at - 2) == 0
    assert bucket.tokens(at) == 1 and bucket.next_at(at) == at


def test_a_clock_that_is_set_back_costs_no_token() -> None:
    bucket = Bucket(20.0, 1_000_000)
    bucket.take(1_000_000)
    assert bucket.tokens(0) == 3


def test_a_channel_that_was_too_fast_gets_nothing_for_now() -> None:
    bucket = Bucket(20.0, 0)
    bucket.empty(0)
    assert bucket.tokens(0) == 0 and bucket.next_at(0) == 5_001


@given(st.lists(st.integers(), max_size=50), st.integers(0, 10), st.booleans())
def test_a_digest_covers_all_that_is_due(due: list[int], tokens: int, digests: bool) -> None:
    told = folded(due, tokens, digests=digests)
    assert len(told) <= tokens
    flat = [one for part in told for one in part]
    if tokens == 0:
        assert told == []
    elif digests:
        assert flat == due  # in order, all of them
    else:
        assert flat == due[:tokens] and all(len(part) == 1 for part in told)


def test_the_first_go_alone_and_the_rest_together() -> None:
    assert folded([1, 2, 3, 4, 5], 3) == [[1], [2], [3, 4, 5]]
    assert folded([1, 2, 3], 3) == [[1], [2], [3]]
    assert folded([1, 2], 1) == [[1, 2]]
