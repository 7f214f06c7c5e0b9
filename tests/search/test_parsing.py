"""How searches are understood, printed back and refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from eventcenter.errors import QuerySyntaxError
from eventcenter.search import EVERYTHING, needs_raw, parse_search


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("", "*"),
        (" \t\n", "*"),
        ("*", "*"),
        ('""', "*"),
        ("oom killed", "oom and killed"),
        ("a b or c d", "(a and b) or (c and d)"),
        ("not a and b", "not a and b"),
        ("a not b", "a and not b"),
        ("not (a b)", "not (a and b)"),
        ("NOT not a OR b", "a or b"),
        ("a or a or a", "a"),
        ("* and level:Warning", "level:Warning"),
        ('a"b c"d', 'a and "b c" and d'),
        ('"and" "\\"x\\""', '"and" and "\\"x\\""'),
        ("back**", "back*"),
        ("a -- b", "a and b"),
        ("-- **", "not *"),
        ('#"a b"', '"a b"'),
        ("reason:(a or b*)", "reason:a or reason:b*"),
        ("reason:(a and not b)", "reason:a and not reason:b"),
        ("reason:not", "reason:not"),
        ("Level: Warning", "level:Warning"),
        (
            "ns:prod node:n1 type:Warning pod:web-*",
            "namespace:prod and host:n1 and level:Warning and pod_name:web-*",
        ),
        ('key: ""', "key:"),
        ('reason:""', "not reason:*"),
        ("count:*", "*"),
        ("count:5", "count = 5"),
        ("count != 5", "not count = 5"),
        ("count in [5 10)", "count >= 5 and count < 10"),
        ("count in (5,10]", "count > 5 and count <= 10"),
        ("first_time >= 2026-11-23T06:00:00+01:00", "first_time >= 2026-11-23T05:00:00Z"),
        ('last_time < "2026-11-23 06:00:00.250"', "last_time < 2026-11-23T06:00:00.250Z"),
        ("__time__ > 1700000000", "__time__ > 1700000000"),
        ("event_id.series.count > -1.5", "event_id.series.count > -1.5"),
        ("eventId.involvedObject.kind:Pod", "kind:Pod"),
        ("involvedObject.labels.a-b/c:x", "event_id.involvedObject.labels.a-b/c:x"),
        ('"event_id.metadata.a key":x', '"event_id.metadata.a key":x'),
        # As before there were fields: a name that is none, before a colon, is text.
        ("nginx:1.25 timeout=30s 10.0.0.1:8080", "nginx:1.25 and timeout=30s and 10.0.0.1:8080"),
        ("名前", "名前"),
    ],
)
def test_is_understood(text: str, understood: str) -> None:
    assert str(parse_search(text)) == understood


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("*", "*"),
        ("level:Warning", "level:Warning"),
        (
            "level:Warning and event_id.involvedObject.namespace:prod",
            "level:Warning and namespace:prod",
        ),
        (
            "event_id.reason:Failed* and not event_id.involvedObject.kind:Pod",
            "reason:Failed* and not kind:Pod",
        ),
        ("pod_name:web-* and level:Warning", "pod_name:web-* and level:Warning"),
        ('event_id.reason:BackOff and "restarting failed"', 'reason:BackOff and "restarting failed"'),
        (
            'event_id.reason:FailedScheduling and (Insufficient or "untolerated taint")',
            'reason:FailedScheduling and (Insufficient or "untolerated taint")',
        ),
        ('event_id.message:#"PLEG is not healthy"', 'message:#"PLEG is not healthy"'),
        (
            "event_id.reason:NodeNotReady and event_id.involvedObject.kind:Node",
            "reason:NodeNotReady and kind:Node",
        ),
        ("event_id.count > 50", "count > 50"),
        ("event_id.count in [5 20]", "count >= 5 and count <= 20"),
        ("not pod_name:*", "not pod_name:*"),
        ('hostname:"node-1" and not level:Normal', 'host:"node-1" and not level:Normal'),
        (
            'event_id.source.component:kubelet and event_id.reason:"Unhealthy"',
            'component:kubelet and reason:"Unhealthy"',
        ),
    ],
)
def test_the_searches_of_the_hosted_product(text: str, understood: str) -> None:
    assert str(parse_search(text)) == understood
    assert parse_search(text.replace("event_id.", "eventId.")) == parse_search(text)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ('"open', 0, "character 1 is not closed"),
        ('a "b" "c', 6, "character 7 is not closed"),
        ("(a or (b)", 0, "the \\( at character 1 is not closed"),
        ('"(" (a', 4, "the \\( at character 5 is not closed"),
        ("a)", 1, "the \\) at character 2 closes nothing"),
        ("()", 1, "missing before"),
        ("a and", 4, "nothing follows 'and'"),
        ("a and (or b)", 7, "'or' at character 8 needs something on both sides"),
        ("or b", 0, "needs something on both sides"),
        ("a or not", 7, "nothing follows 'not'"),
        ("a | select", 2, "holds no SQL"),
        ("*foo", 0, "begins with a wildcard"),
        ("xx ?b", 3, "begins with a wildcard"),
        ("reason:", 0, "nothing follows 'reason:'"),
        ("level > 5", 8, "level is text"),
        ("count > many", 8, "'many' is not a number"),
        ("count:5*", 6, "is not a number"),
        ("count >", 6, "number is missing"),
        ("count in [5 10", 13, "the range is not closed"),
        ("last_time > yesterday", 12, "'yesterday' is not a time"),
        ("x reson:Failed", 2, "there is no field 'reson'"),
        ("event_id:x", 0, "there is no field 'event_id'"),
        ("name:" + "a*" * 9, 5, "pattern"),
        ("a " * 1001, 2000, "2002 characters"),
        (" ".join(f"w{n}" for n in range(31)), 0, "31 terms"),
        ("(" * 11 + "a" + ")" * 11, 10, "nested deeper than 10"),
    ],
)
def test_a_wrong_search_points_at_the_place(text: str, at: int, words: str) -> None:
    with pytest.raises(QuerySyntaxError, match=words) as caught:
        parse_search(text)
    assert caught.value.at == at
    assert caught.value.hint and "\n" not in str(caught.value) + caught.value.hint


def test_a_number_for_a_text_names_the_fields_that_take_one() -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_search("reason = BackOff")
    assert "count, first_time, last_time" in caught.value.hint and "reason:VALUE" in caught.value.hint


def test_only_paths_of_the_raw_object_need_it() -> None:
    assert needs_raw(parse_search("a or not event_id.metadata.name:x"))
    assert not needs_raw(parse_search("event_id.reason:x and event_id.count > 5"))


pieces = st.sampled_from(
    [
        "and", "or", "not", "in", "(", ")", "[", "]", '"', "#", "|", "*", "?", ":", "=", ">", "<", "\\", '\\"',
        " ", ",", "a", "word", "level:", "name:", "count", "count:", "event_id.", "event_id.a.b", "first_time",
        "5", "1.5", "2026-11-23", '"a b"', '#"a b"', "5 10", "镜像", "é", "\0", "\ud800", "😀", "\n", "--",
        "reson:", "key:",
    ]
)  # fmt: skip


@given(st.lists(st.one_of(pieces, st.text(max_size=4)), max_size=30).map("".join))
@example("not " * 500 + "a")
@example("(" * 2000)
@example("not (" * 400)
@example("a or " * 400)
@example('"' * 1999)
@example("\\" * 2000)
@example("count in [" * 200)
@example("镜" * 2000)
@example("*?" * 1000)
@example('"event_id.' + "\\\\" * 900)
@example("event_id" + ".a" * 990 + ":x")
@example("a" * 2000)
@example("a.:" * 600)
def test_any_text_is_a_tree_that_prints_as_itself_or_refused(text: str) -> None:
    began = time.process_time()
    try:
        tree = parse_search(text)
    except QuerySyntaxError as error:
        assert error.at is not None and 0 <= error.at <= len(text)
        assert "\n" not in str(error) and error.hint
    else:
        assert parse_search(str(tree)) == tree
    assert time.process_time() - began < 1.0


def test_blank_is_everything() -> None:
    assert parse_search("  ") is EVERYTHING
