"""Full text: what people type finds what they mean, and nothing they type breaks anything."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventcenter.errors import QuerySyntaxError
from eventcenter.query import EventQuery
from tests.store.conftest import Store
from tests.store.made import added, batch, event, search

MESSAGES = [
    "Back-off restarting failed container app in pod web-7d9f8c-abcde",
    'Failed to pull image "registry.example.com/team/app:v1.2": not found',
    "0/60 nodes are available: 60 Insufficient cpu.",
    "拉取镜像失败: 超时",
    "Le café est fermé; naïve Straße",
    "イメージの取得に失敗しました",
    "x AND y OR z NOT w NEAR v",
    "100% (of 5) ^caret {brace} col:on a+b",
    "waiting... then 10.0.0.1:8080 refused.",
]


@pytest.fixture
def filled(store: Store) -> Store:
    made = [event(n, message=message, name=f"pod-{n}", reason="Odd") for n, message in enumerate(MESSAGES)]
    store.put(batch(*(added(state) for state in made)))
    return store


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("back-off", {0}),
        ("BACK-OFF failed", {0}),
        ("failed", {0, 1}),
        ('"failed to pull"', {1}),
        ('"pull failed"', set()),
        ("restart*", {0}),
        ("restart", set()),
        ("back-*", {0}),
        ("web-7d9f8c-abcde", {0}),
        ("registry.example.com/team/app:v1.2", {1}),
        ("v1.*", {1}),
        ("cpu", {2}),
        ("cpu.", {2}),
        ("refused waiting", {8}),
        ("10.0.0.1", {8}),
        ("10.0.*", {8}),
        ("镜像", {3}),
        ("像镜", set()),
        ("镜像失败", {3}),
        ("拉取*", {3}),
        ("超时 失败", {3}),
        ("取得", {5}),
        ("cafe", {4}),
        ("CAFÉ ferme", {4}),
        ('"AND"', {6}),
        ("NEAR v", {6}),
        ('y "OR" z', {6}),
        ("y or 503", {6}),
        ("failed not pull", {0}),
        ("pod and not failed and not (cpu or cafe)", set()),
        ("100%", {7}),
        ("{brace}", {7}),
        ("col:on", {7}),
        ("a+b", {7}),
        ("^caret", {7}),
        ("pod-3", {3}),
        ("odd", set(range(len(MESSAGES)))),
        ("", set(range(len(MESSAGES)))),
        ("failed 😀", {0, 1}),
        ("😀", set()),
        ('-- ** ".."', set()),
        ("uid:00000000", set()),
    ],
)
def test_finds(filled: Store, typed: str, expected: set[int]) -> None:
    found = {item.name for item in filled.reader.list_events(search(typed)).events}
    assert found == {f"pod-{n}" for n in expected}


def test_a_search_is_newest_first_over_days(store: Store) -> None:
    from tests.store.made import DAY, NOON

    store.put(batch(*(added(event(n, last_time=NOON - n * DAY)) for n in range(5))))
    first = store.reader.list_events(search("container", limit=3))
    assert [item.last_time for item in first.events] == [NOON - n * DAY for n in range(3)]
    assert first.next
    rest = store.reader.list_events(search("container", limit=3, cursor=first.next))
    assert [item.last_time for item in rest.events] == [NOON - n * DAY for n in (3, 4)]
    assert rest.next is None


hostile = st.lists(
    st.one_of(
        st.text(max_size=6),
        st.sampled_from(
            [
                '"', "'", "*", "^", "(", ")", "{", "}", ":", "-", "+", "NEAR", "NEAR(a b, 2)", "AND", "OR", "NOT",
                "uid:", "tags:l1", "message:", "words_20780", "\0", "\ud800", "a", "--", ";", "/*", "%", "_", "é",
                "镜", "\u200b", "\u0301", "😀", "\u202e", "\n", "a" * 600,
            ]
        ),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile, st.sampled_from(["", " "]))
def test_nothing_typed_breaks_a_search(filled: Store, parts: list[str], between: str) -> None:
    try:
        filled.reader.list_events(search(between.join(parts)))
    except QuerySyntaxError as error:
        assert "\n" not in str(error)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hostile, st.sampled_from(["name", "reason", "host", "namespace", "level", "problem"]))
def test_nothing_typed_breaks_a_filter(filled: Store, values: list[str], name: str) -> None:
    try:
        filled.reader.list_events(EventQuery(filters={name: tuple(values)}))
    except QuerySyntaxError as error:
        assert "\n" not in str(error)


def test_the_longest_search_is_answered(filled: Store) -> None:
    filled.reader.list_events(search("a " * 30 * 33))
    filled.reader.list_events(search('"' + "a " * 990 + '"'))
    filled.reader.list_events(search("镜" * 2000))


@pytest.mark.parametrize(
    "around",
    [
        "a or ({})",
        "a or not ({})",
        "a and not ({})",
        "b or a and not ({})",
        "b or not (a and c) and not ({})",
        "level:(x or {})",
        "b or c* and not kind:(Pod or {})",
    ],
)
def test_the_deepest_search_is_answered(filled: Store, around: str) -> None:
    text = "failed"
    while True:
        deeper = around.format(text)
        try:
            query = search(deeper)
        except QuerySyntaxError as error:
            assert "nested deeper" in str(error) or "terms" in str(error)
            break
        text = deeper
    query = search(text, filters={"kind": ("Pod",), "name": ("pod-*",), "namespace": ("shop", "other")})
    filled.reader.list_events(query)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["cpu", "Back-off", "镜像", "v1.2", "naïve", "10.0.0.1", "...", "x."]), min_size=1
    )
)
def test_a_message_is_found_by_its_own_words(store: Store, words: list[str]) -> None:
    made = event(abs(hash(tuple(words))) % 10**9, message=" ".join(words))
    store.put(batch(added(made)))
    asked = search('"' + made.message + '"', limit=1000)
    found = {item.uid for item in store.reader.list_events(asked).events}
    assert made.uid in found or not any(char.isalnum() for char in made.message)
