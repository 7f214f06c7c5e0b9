"""Messages in the many dialects of chat systems: plain Markdown is taken apart into lines of spans, each channel writes
these in its own way, and what is too long loses words, never half of a link or of an escape.

What events say is everybody's to write: a dialect must make it show as it is, without mentioning or linking."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    bold: bool = False
    code: bool = False
    url: str = ""
    """http or https, where it is a link."""


@dataclass(frozen=True, slots=True)
class Line:
    spans: tuple[Span, ...]
    kind: Literal["text", "heading", "item", "code", "quote"] = "text"
    marker: str = ""
    """Of an item: `•` or its number."""
    depth: int = 0
    """Of an item: 0 for the outermost list."""

    @property
    def length(self) -> int:
        return sum(len(span.text) for span in self.spans)


BLANK = Line(())
Lines = Sequence[Line]
Written = TypeVar("Written")
"""What a channel makes of lines: a text, a card."""


class Dialect:
    """Plain text. What a channel does otherwise, its own dialect says."""

    end_of_line = "\n"

    def lines(self, lines: Lines) -> str:
        return self.end_of_line.join(self.line(line) for line in lines)

    def line(self, line: Line) -> str:
        inner = "".join(self.span(span) for span in line.spans)
        if line.kind == "item":
            return self.item(inner, line.marker, line.depth)
        return self.heading(inner) if line.kind == "heading" else inner

    def span(self, span: Span) -> str:
        text = self.code(span.text) if span.code else self.escape(span.text)
        if span.url:
            text = self.link(text, span.url)
        return self.bold(text) if span.bold and text.strip() else text

    def escape(self, text: str) -> str:
        return text

    def code(self, text: str) -> str:
        return self.escape(text)

    def bold(self, inner: str) -> str:
        return inner

    def link(self, inner: str, url: str) -> str:
        return url if inner == url else f"{inner} ({url})"

    def heading(self, inner: str) -> str:
        return inner

    def item(self, inner: str, marker: str, depth: int) -> str:
        return f"{'  ' * depth}{marker} {inner}"


class Text(Dialect):
    """Messages of plain text, in which chats still look for mentions and tags."""

    def escape(self, text: str) -> str:
        return without_mentions(text)


class LooseMarkdown(Text):
    """What DingTalk and WeCom understand: Markdown without a way to write its signs literally."""

    def code(self, text: str) -> str:
        return f"`{self.escape(text).replace('`', chr(39))}`" if text.strip() else text

    def bold(self, inner: str) -> str:
        return f"**{inner.strip()}**"

    def link(self, inner: str, url: str) -> str:
        return f"[{inner}]({in_brackets(url)})"

    def heading(self, inner: str) -> str:
        return f"### {inner}"

    def item(self, inner: str, marker: str, depth: int) -> str:
        return f"{'  ' * depth}{'-' if marker == '•' else marker} {inner}"


def defused(text: str) -> str:
    """With an invisible space where a chat system would read a tag, a mention or a link."""
    return re.sub(r"<(?![\s\d=])|\](?=[(\[:]|\Z)", "\\g<0>\u200b", text)


def without_mentions(text: str) -> str:
    """The same, and no name behind an @ is one that anybody is called by."""
    return re.sub(r"@(?=\w)", "@\u200b", defused(text))


def in_brackets(url: str) -> str:
    """A URL that ends where its brackets do."""
    return re.sub(r"[\s()<>|\"\\]", lambda match: f"%{ord(match[0]):02X}", url)


def of_text(text: str, *, bold: bool = False) -> list[Line]:
    return [Line((Span(line, bold=bold),)) for line in text.splitlines()]


def of_markdown(markdown: str) -> list[Line]:
    """Bold, code, links, lists, headings, quotes; whatever else there is comes as the text that it shows."""
    return list(_Walk().walk(_parser().parse(markdown)))


def html_of(markdown: str) -> str:
    """As HTML without scripts, images and tags of its own."""
    return str(_parser().render(markdown))


def fitted(
    head: Lines, body: Lines, tail: Lines, write: Callable[[Lines], str], fits: Callable[[str], bool]
) -> str:
    """Head, body and tail as `write` writes them, the body as long as it may be; then the head is cut, too."""
    short = longest(body, lambda cut: write([*head, *cut, *tail]), fits)
    return short if fits(short) else longest(head, lambda cut: write([*cut, *tail]), fits)


def longest(lines: Lines, write: Callable[[list[Line]], Written], fits: Callable[[Written], bool]) -> Written:
    """What `write` makes of as much of the lines as fits; of none of them where nothing does."""
    whole = write(list(lines))
    if fits(whole):
        return whole
    best, least, most = write([]), 0, sum(line.length + 1 for line in lines) - 1
    while least < most:
        middle = (least + most + 1) // 2
        written = write(shortened(lines, middle))
        if fits(written):
            least, best = middle, written
        else:
            most = middle - 1
    return best


def shortened(lines: Lines, length: int) -> list[Line]:
    """The beginning, so many characters of it (the end of a line is one), and an ellipsis."""
    kept: list[Line] = []
    for line in lines:
        if line.length + 1 <= length:
            kept.append(line)
            length -= line.length + 1
            continue
        spans = []
        for span in line.spans:
            spans.append(replace(span, text=span.text[:length]))
            length -= len(spans[-1].text)
            if length <= 0:
                break
        return [*kept, replace(line, spans=(*(span for span in spans if span.text), Span("…")))]
    return kept


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).disable(["html_inline", "html_block", "image"])


class _Walk:
    """Through the parser's tokens, which come as a flat list of openings and closings."""

    def __init__(self) -> None:
        self._lists: list[int | None] = []
        """Of each list that is open, the number of its next item; None: bullets."""
        self._marker: str | None = None
        """Of an item whose first line is still to come."""
        self._heading = False
        self._quotes = 0
        self._first = True

    def walk(self, tokens: list[Token]) -> Iterator[Line]:
        for token in tokens:
            if token.type in ("paragraph_open", "heading_open", "fence", "code_block", "hr"):
                yield from self._gap(token)
            if token.type in ("fence", "code_block"):
                for text in token.content.splitlines():
                    yield Line((Span(text, code=True),), "code")
            elif token.type == "inline":
                yield from self._inline(token.children or [])
            else:
                self._note(token)

    def _gap(self, token: Token) -> Iterator[Line]:
        """Blocks stand apart, except the lines of a list."""
        if not self._first and not token.hidden and not self._lists:
            yield BLANK
        self._first = False

    def _note(self, token: Token) -> None:
        if token.type == "bullet_list_open":
            self._lists.append(None)
        elif token.type == "ordered_list_open":
            self._lists.append(int(token.attrs.get("start", 1)))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            number = self._lists[-1]
            self._marker = "•" if number is None else f"{number}."
            self._lists[-1] = None if number is None else number + 1
        elif token.type in ("heading_open", "heading_close"):
            self._heading = token.type == "heading_open"
        elif token.type in ("blockquote_open", "blockquote_close"):
            self._quotes += token.nesting

    def _inline(self, tokens: list[Token]) -> Iterator[Line]:
        spans: list[Span] = []
        bold, url = 0, ""
        for token in tokens:
            if token.type in ("softbreak", "hardbreak"):
                yield self._line(spans)
                spans = []
            elif token.type in ("strong_open", "strong_close"):
                bold += token.nesting
            elif token.type == "link_open":
                url = str(token.attrs.get("href", ""))
                url = url if url.startswith(("http://", "https://")) else ""
            elif token.type == "link_close":
                url = ""
            elif token.content:
                spans.append(Span(token.content, bold > 0, token.type == "code_inline", url))
        yield self._line(spans)

    def _line(self, spans: list[Span]) -> Line:
        kind: Literal["text", "heading", "item", "quote"] = "text"
        marker, self._marker = self._marker, None
        if self._heading:
            kind = "heading"
        elif marker is not None:
            kind = "item"
        elif self._quotes:
            kind = "quote"
        return Line(_joined(spans), kind, marker or "", max(0, len(self._lists) - 1))


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """With one span for what looks the same: a mention that is spread over two must be seen to be defused."""
    joined: list[Span] = []
    for span in spans:
        if joined and replace(joined[-1], text="") == replace(span, text=""):
            joined[-1] = replace(span, text=joined[-1].text + span.text)
        else:
            joined.append(span)
    return tuple(joined)
