"""Messages: what people read, in their language, and that nothing an event says can do harm there."""

from __future__ import annotations

import logging
import time
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from eventcenter.errors import ConfigError
from sinks.configuring import configure
from sinks.delivery import Item
from sinks.group import Group
from sinks.grouping import MAX_COARSE, MAX_GROUPS, Groups, Plan
from sinks.messages import Message
from sinks.telling import MAX_TITLE, Telling, preview
from sinks.variables import VARIABLES
from sinks.wording import clean, span
from tests.sinks.telling.made import KIND, START, event, item, settings
from web.params import event_parsers, event_query, read_strictly

MINUTE = 60_000


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def crash_loop(count: int = 37, names: int = 2, **plan: object) -> Groups:
    groups = Groups(Plan(**plan))  # type: ignore[arg-type]
    for number in range(count):
        at = number * 5 * MINUTE // max(count - 1, 1)
        name = f"checkout-7c5ddbdf54-x2k{'bcdfghjklm'[number % names]}9"
        groups.add(item(at=at, name=name, problem="pod-crash-loop"), START + at)
    return groups


def the_only(groups: Groups, now: int) -> Group:
    (group,) = groups.due(now)
    return group


def first(lang: str = "en", **options: object) -> Message:
    return Telling(settings(lang=lang, **options)).message(the_only(crash_loop(), START + 5 * MINUTE))  # type: ignore[arg-type]


def test_in_english() -> None:
    message = first()
    assert message.title == "[high] Container in crash loop: shop/checkout ×37 in 5 min"
    assert message.text.splitlines()[:7] == [
        "Level:Warning",
        "Kind:Pod",
        "Namespace:shop",
        "Name:checkout-7c5ddbdf54-x2kb9 ×19, checkout-7c5ddbdf54-x2kc9 ×18",
        "Reason:BackOff",
        "Timestamp:2027-01-15 08:05:00 UTC",
        "Message:Back-off restarting failed container checkout",
    ]
    assert "What to do: " in message.text
    assert "- **Object**: `Pod` `checkout-7c5ddbdf54-x2kb9 ×19" in message.markdown
    assert ("Occurrences", "37 (5 min)") in message.facts
    assert (message.severity, message.occurrences, message.number) == ("high", 37, 1)
    assert (message.since, message.time) == (START, START + 5 * MINUTE)


def test_in_chinese() -> None:
    message = first("zh")
    assert message.title == "[严重] 容器反复崩溃重启:shop/checkout,5 分钟内 37 次"
    assert "Level:Warning" in message.text  # as kube-eventer writes it: robots let messages in by such words
    assert "处理办法:" in message.text
    assert "- **命名空间**:`shop`" in message.markdown
    assert ("次数", "37 (5 分钟)") in message.facts


def test_the_language_of_the_center_is_that_of_a_sink_without_one() -> None:
    assert Telling(settings(lang=None)).lang == "en"


def test_what_goes_on_and_what_is_over() -> None:
    groups, telling = crash_loop(quiet=30 * MINUTE, repeat=(5 * MINUTE, 120 * MINUTE)), Telling(settings())
    groups.told(the_only(groups, START + 5 * MINUTE), START + 5 * MINUTE)
    groups.add(item(3, at=11 * MINUTE, problem="pod-crash-loop"), START + 11 * MINUTE)
    again = the_only(groups, START + 12 * MINUTE)
    message = telling.message(again)
    assert message.title == "[high] Container in crash loop: shop/checkout ×3 (message 2)"
    assert message.text.startswith(
        "40 times since 2027-01-15 08:00:00 UTC, 3 of them since the message before."
    )
    assert not message.resolved
    groups.told(again, START + 12 * MINUTE)
    groups.add(item(at=13 * MINUTE, problem="pod-crash-loop"), START + 13 * MINUTE)
    over = telling.message(the_only(groups, START + 43 * MINUTE))
    assert over.resolved and over.title.startswith("[over] Container in crash loop")
    assert over.text.startswith("It is over: the newest event is of 2027-01-15 08:13:00 UTC.")
    assert over.key == message.key and over.labels == message.labels


def test_what_cannot_be_told_apart_says_so() -> None:
    groups = Groups(Plan())
    for number in range(MAX_GROUPS + MAX_COARSE + 1):
        groups.add(item(name=f"x{number}", reason=f"Reason{number}"), START)
    (rest,) = [group for group in groups.due(START + 5_000) if group.place.by == "all"]
    message = Telling(settings()).message(rest)
    assert message.title == "[medium] Too many different events to tell apart"
    assert "reason=" not in message.link


def test_an_event_that_the_catalogue_does_not_know() -> None:
    message = preview(settings(), item(reason="OddThing", level="Normal"))
    assert message.title == "[info] OddThing: shop/checkout"
    assert "Why:" not in message.text


def test_the_link_leads_to_these_events() -> None:
    link = urlsplit(first().link)
    assert f"{link.scheme}://{link.netloc}{link.path}" == "https://events.example.com/events"
    assert parse_qs(link.query) == {
        "instance": ["default"],
        "from": ["2027-01-15T07:59:00Z"],
        "namespace": ["shop"],
        "reason": ["BackOff"],
        "name": ["checkout-*"],
    }


@pytest.mark.parametrize(
    ("group_by", "fields"),
    [
        ("object", {"name": "a b&c", "namespace": "x=y", "reason": "R,S"}),
        ("workload", {}),
        ("workload", {"kind": "Node", "namespace": "", "name": "node-1"}),
        ("reason", {"namespace": ""}),
        ("object", {"name": "half \ud800 pair"}),
    ],
)
def test_the_page_takes_every_link(group_by: str, fields: dict[str, str]) -> None:
    groups = Groups(Plan(group_by=group_by))
    groups.add(Item(event(**fields), 1, {}), START)
    link = Telling(settings()).message(the_only(groups, START + 5_000)).link
    given = MultiDict(parse_qsl(urlsplit(link).query, keep_blank_values=True))
    query = event_query(read_strictly(given, event_parsers(START + 10_000)))
    assert query.from_time is not None and query.from_time <= START
    assert query.to_time is None and query.filters["reason"]


@pytest.mark.parametrize("options", [{"url": ""}, {"links": False}])
def test_no_link_without_an_address_or_where_none_is_wanted(options: dict[str, object]) -> None:
    message = first(**options)
    assert message.link == "" and "http" not in message.text + message.markdown


def test_labels_are_the_same_in_every_message_and_not_to_be_faked() -> None:
    message = Telling(settings(labels={"team": "a", "reason": "mine"})).message(
        the_only(crash_loop(), START + 5 * MINUTE)
    )
    assert dict(message.labels) == {
        "team": "a",
        "reason": "BackOff",
        "severity": "high",
        "level": "Warning",
        "problem": "pod-crash-loop",
        "instance": "default",
        "namespace": "shop",
        "kind": "Deployment",
        "workload": "checkout",
    }


def digest(count: int, lang: str = "en") -> Message:
    groups = Groups(Plan())
    for number in range(count):
        groups.add(item(2, name=f"job-{'abcdefghijklmnopqrstuvwxyz'[number]}", reason="FailedMount"), START)
    groups.add(
        item(kind="Node", name="n1", namespace="", reason="NodeNotReady", problem="node-not-ready"), START
    )
    return Telling(settings(lang=lang)).digest(groups.due(START + 5_000))


def test_a_digest_names_the_worst_and_counts_all() -> None:
    message = digest(20)
    assert message.title == "[critical] 21 things at once, 41 events"
    lines = message.text.splitlines()
    assert lines[0] == "[critical] Node not ready: n1" and len(lines) == 13
    assert lines[-1] == "and 9 more with 18 events"
    assert message.occurrences == 41 and message.severity == "critical"


def test_another_digest_is_no_repetition_of_the_first() -> None:
    assert digest(3).key == digest(3).key != digest(4).key


def test_a_digest_in_chinese() -> None:
    message = digest(20, "zh")
    assert message.title == "[紧急] 同时发生 21 类情况,共 41 次事件"
    assert message.text.splitlines()[-1] == "另有 9 类,共 18 次事件"


def test_a_digest_of_few_leaves_none_out() -> None:
    assert len(digest(3).text.splitlines()) == 4


# -- templates of people ------------------------------------------------------------------------------------------


def test_templates_of_the_options() -> None:
    message = first(
        title="{{ reason }} in {{ namespace }}", template="{{ title }}: {{ labels.team }}{{ total }}"
    )
    assert message.title == "BackOff in shop"
    assert message.text == message.markdown == "BackOff in shop: 37"


def test_in_markdown_the_texts_of_events_show_as_they_are() -> None:
    """What the template itself writes is Markdown; its text for other channels has no backslashes."""
    told = preview(
        settings(template="**{{ reason }}** [page](https://a.example) {{ message | code }} {{ message }}"),
        item(message="[x](http://evil) *a* <b> `c`", reason="A_B"),
    )
    assert told.markdown == (
        r"**A\_B** [page](https://a.example) `[x](http://evil) *a* <b> 'c'` \[x\](http://evil) \*a\* \<b\> \`c\`"
    )
    assert told.text.endswith("[x](http://evil) *a* <b> `c`")


def test_a_template_that_fails_on_an_event_loses_no_message(caplog: pytest.LogCaptureFixture) -> None:
    telling = Telling(settings(template="{{ 1 / (occurrences - 37) }}"))
    group = the_only(crash_loop(), START + 5 * MINUTE)
    with caplog.at_level(logging.WARNING):
        messages = [telling.message(group) for _ in range(3)]
    assert all(message.text.startswith("Level:Warning") for message in messages)
    assert [record.getMessage() for record in caplog.records] == [
        "sink=chat template: the template fails: division by zero; the built-in one is used"
    ]


def test_a_wrong_template_is_one_line_when_the_sink_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.reading.kind_of", lambda name: KIND)
    with pytest.raises(ConfigError) as problem:
        configure(["chat:?template={% if %}", "chat:?title={{ nmae }}", "chat:?template={{ what }}"])
    first, second = str(problem.value).splitlines()
    assert first.startswith("sink 1 (chat): template: '{% if %}' is no template, line 1: ")
    assert second.startswith(
        "sink 2 (chat): title: '{{ nmae }}' uses 'nmae', which is not known; known are by, "
    )


def test_every_variable_is_there() -> None:
    source = "".join(f"{{% if {name} %}}{{% endif %}}" for name in VARIABLES) + "fine"
    assert first(template=source).text == "fine"
    values = Telling(settings())._values(the_only(crash_loop(), START + 5 * MINUTE))
    assert values.keys() == VARIABLES.keys()


# -- what anybody can write ---------------------------------------------------------------------------------------

HOSTILE = "a\u202eb\x00c\nLevel:Normal\r\n<@all> @everyone <!channel> \u200b\ud800`[x](http://evil)"


def test_texts_of_events_stay_on_their_line_and_call_nobody() -> None:
    fields = {
        "message": HOSTILE,
        "reason": HOSTILE,
        "name": HOSTILE,
        "namespace": HOSTILE,
        "hostname": HOSTILE,
    }
    for lang in ("en", "zh"):
        message = preview(settings(lang=lang), Item(event(**fields), 1, {}))
        whole = message.title + message.text + message.markdown
        assert not set(whole) & set("\u202e\x00\r\u200b\ud800")
        assert "<@" not in whole and "<!" not in whole and " @everyone" not in whole
        assert message.text.count("\nLevel:") == 0 and message.text.startswith("Level:Warning\n")
        assert "\n" not in message.title and len(message.title) <= MAX_TITLE
        for line in message.markdown.splitlines():
            assert line.count("`") % 2 == 0


def test_huge_texts_are_cut() -> None:
    huge = "x" * 1_000_000
    message = preview(settings(), Item(event(name=huge, reason=huge, message=huge, namespace=huge), 1, {}))
    assert len(message.title) <= MAX_TITLE and len(message.text) < 3_000 and len(message.link) < 10_000


@given(st.text(), st.text(), st.text(), st.integers(1, 1000))
def test_any_event_becomes_a_message(name: str, reason: str, message: str, count: int) -> None:
    told = preview(settings(), Item(event(name=name, reason=reason, message=message), count, {}))
    told.title.encode(), told.text.encode(), told.markdown.encode(), told.link.encode()
    assert told.title and "\n" not in told.title and told.occurrences == count


@given(st.text(), st.integers(1, 50))
def test_clean_texts_are_short_lines(text: str, most: int) -> None:
    assert len(clean(text, most)) <= most and clean(text, most).splitlines() in ([clean(text, most)], [])


@pytest.mark.parametrize(
    ("ms", "english", "chinese"),
    [(999, "", ""), (1_000, "1 s", "1 秒"), (300_000, "5 min", "5 分钟"), (7_200_000, "2 h", "2 小时")],
)
def test_spans(ms: int, english: str, chinese: str) -> None:
    assert (span(ms, "en"), span(ms, "zh")) == (english, chinese)
