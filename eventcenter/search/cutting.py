"""What a leaf looks for, cut into words: shared by the two evaluators, so that they look for the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from eventcenter.search.tree import Has
from eventcenter.search.words import has_word, patterns, words

_WILDCARD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One word; `*` and `?` are wildcards."""

    text: str

    @property
    def is_wild(self) -> bool:
        return _WILDCARD.search(self.text) is not None

    @property
    def stem(self) -> str:
        """What comes before the first wildcard."""
        return _WILDCARD.split(self.text, maxsplit=1)[0]

    @property
    def is_prefix(self) -> bool:
        """A stem that may go on, and nothing else."""
        return bool(self.stem) and self.text == self.stem + "*"

    def accepts(self, word: str) -> bool:
        if not self.is_wild:
            return word == self.text
        if self.is_prefix:
            return word.startswith(self.text[:-1])
        return _expression(self.text).fullmatch(word) is not None


@lru_cache(maxsize=512)
def _expression(pattern: str) -> re.Pattern[str]:
    """Every part after a * is taken where it first occurs, without going back: no pattern takes long."""
    first, *middle = (
        "".join("." if sign == "?" else re.escape(sign) for sign in part) for part in pattern.split("*")
    )
    if not middle:
        return re.compile(first, re.DOTALL)
    *middle, last = middle
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle) + ".*" + last, re.DOTALL)


Phrase = tuple[Pattern, ...]
"""Words that follow each other."""


@lru_cache(maxsize=1024)
def phrases(leaf: Has) -> tuple[Phrase, ...]:
    """All of them must occur. Empty where the text has letters, but none that the index knows: nothing is found."""
    if leaf.how == "words":
        found = [words(part) for part in leaf.text.split() if has_word(part)]
    else:
        found = [words(leaf.text) if leaf.how == "phrase" else _without_loose_star(patterns(leaf.text))]
    return tuple(tuple(map(Pattern, phrase)) for phrase in found if phrase)


def _without_loose_star(found: list[str]) -> list[str]:
    """`拉*`: in a script without spaces every character is a word, so the next one is no part of it."""
    return found[:-1] if len(found) > 1 and found[-1] == "*" else found


def occurs(phrase: Phrase, among: list[str]) -> bool:
    size = len(phrase)
    if not any(pattern.is_wild for pattern in phrase):
        wanted = [pattern.text for pattern in phrase]
        if size == 1:
            return wanted[0] in among
        # Lists are compared in one go: a long phrase in a long message of its own words costs little.
        return any(among[at : at + size] == wanted for at in range(len(among) - size + 1))
    return any(
        all(pattern.accepts(word) for pattern, word in zip(phrase, among[at : at + size], strict=True))
        for at in range(len(among) - size + 1)
    )


def found_in(leaf: Has, text: str) -> bool:
    """Whether the words of the leaf occur in a text."""
    wanted = phrases(leaf)
    if not wanted:
        return False
    among = words(text)
    return all(occurs(phrase, among) for phrase in wanted)
