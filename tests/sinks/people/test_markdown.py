"""Plain Markdown in the dialects of chats; what is cut, is cut in words and never in marks; nothing gets a meaning."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.kinds.feishu import CardMarkdown
from sinks.kinds.slack import Mrkdwn
from sinks.markdown import (
    Dialect,
    Line,
    LooseMarkdown,
    Span,
    defused,
    fitted,
    html_of,
    of_markdown,
    of_text,
    shortened,
    without_mentions,
)
from sinks.templating import Template
from tests.sinks.people.made import HOSTILE, escaped

MARKDOWN = """\
**Pod** `web-1` restarted

- one **two**
- [page](https://ec.example/a?b=c&d=(1))
  - inner
1. first
2. second

> quoted
# Head
```
kubectl <x>
```
"""


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (
            Dialect(),
            "Pod web-1 restarted\n• one two\n• page (https://ec.example/a?b=c&d=(1))\n  • inner\n1. first\n"
            "2. second\n\nquoted\n\nHead\n\nkubectl <x>",
        ),
        (
            LooseMarkdown(),
            "**Pod** `web-1` restarted\n- one **two**\n- [page](https://ec.example/a?b=c&d=%281%29)\n  - inner\n"
            "1. first\n2. second\n\nquoted\n\n### Head\n\n`kubectl <\u200bx>`",
        ),
        (
            Mrkdwn(),
            "*Pod* `web-1` restarted\n• one *two*\n• <https://ec.example/a?b=c&amp;d=%281%29|page>\n  • inner\n"
            "1. first\n2. second\n\nquoted\n\n*Head*\n\n`kubectl &lt;x&gt;`",
        ),
        (
            CardMarkdown(),
            "**Pod** `web-1` restarted\n- one **two**\n- [page](https://ec.example/a?b=c&d=%281%29)\n    - inner\n"
            "1. first\n2. second\n\nquoted\n\n**Head**\n\n`kubectl <\u200bx>`",
        ),
    ],
    ids=["plain", "dingtalk and wecom", "slack", "feishu"],
)
def test_dialects(dialect: Dialect, expected: str) -> None:
    assert dialect.lines(of_markdown(MARKDOWN)) == expected


def test_html_has_no_tags_but_its_own() -> None:
    made = html_of(f"**{escaped(HOSTILE)}**\n\n![pixel](http://evil.example/p.png) <script>x</script>")
    assert set(re.findall(r"<(\w+)", made)) == {"p", "strong", "a"}
    assert "<img" not in html_of("![pixel](http://evil.example/p.png)")
    assert "href" not in html_of("[x](javascript:alert(1))")


@pytest.mark.parametrize(
    "markdown", ["[x](javascript:alert(1))", "[x](data:text/html,x)", "[x](/etc)", "[x](mailto:a@b)"]
)
def test_only_addresses_of_the_web_are_links(markdown: str) -> None:
    assert not any(span.url for line in of_markdown(markdown) for span in line.spans)


def test_a_mention_in_two_pieces_is_seen() -> None:
    """A link that is not taken as one leaves its text beside what was before it."""
    (line,) = of_markdown("<[@all](ftp://x)")
    assert line == Line((Span("<@all"),))


@given(st.text(alphabet="<>@!#()[]:*_`\\|&ab1 \n", max_size=60))
def test_no_text_of_an_event_is_a_tag_a_mention_or_a_link(text: str) -> None:
    harmless = without_mentions(text)
    assert not re.search(r"<[@!/a-z#]", harmless)
    assert not re.search(r"\][(\[:]", harmless)
    assert not re.search(r"@\w", harmless)
    assert harmless.replace("\u200b", "") == text.replace("\u200b", "")
    assert not re.search(r"[<>]", Mrkdwn().escape(text))
    assert not re.search(r"[<>*`\[\]_~]", CardMarkdown().escape(text))


@given(st.text(max_size=200))
def test_plain_text_comes_out_as_it_was(text: str) -> None:
    assert Dialect().lines(of_text(text)) == "\n".join(text.splitlines())


@given(st.text(alphabet='ab错"*[](`\n- ', max_size=300), st.integers(60, 400))
def test_what_is_too_long_keeps_its_ends(text: str, limit: int) -> None:
    head, tail = of_text("title", bold=True), of_text("https://link")
    told = fitted(
        head, of_markdown(text), tail, LooseMarkdown().lines, lambda made: len(made.encode()) <= limit
    )
    assert len(told.encode()) <= limit
    assert told.startswith("**title**") and told.endswith("https://link")


def test_as_much_is_kept_as_fits() -> None:
    body = of_text("x" * 1000)
    told = fitted([], body, [], Dialect().lines, lambda made: len(made) <= 100)
    assert told == "x" * 99 + "…"


def test_a_head_that_is_too_long_is_cut_too() -> None:
    told = fitted(
        of_text("t" * 500), of_text("x" * 50), of_text("link"), Dialect().lines, lambda made: len(made) <= 100
    )
    assert len(told) == 100 and told.endswith("…\nlink")


def test_shortened_counts_the_ends_of_lines() -> None:
    lines = [Line((Span("abc"),)), Line((Span("d", bold=True), Span("ef")))]
    assert Dialect().lines(shortened(lines, 5)) == "abc\nd…"
    assert shortened(lines, 100) == lines


def test_defused_leaves_what_events_say_all_the_time() -> None:
    for text in ("<= 5", "a < b", "nodes [a b] are", "exit code <1>", "user@host"):
        assert defused(text) == text


@given(st.text(alphabet="<>@!#()[]:*_`\\|&~-+.ab1 ;", max_size=60))
def test_a_template_shows_every_value_as_it_is(text: str) -> None:
    """From the value through the template and the parser to the reader."""
    written = Template("x{{ message }}x", ("message",), markdown=True).render({"message": text})
    (line,) = of_markdown(written)
    assert line == Line((Span(f"x{text}x"),))
