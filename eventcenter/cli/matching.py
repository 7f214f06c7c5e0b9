"""Does one event match a query? For `--follow`, which sees every change and has no index to ask.

It must agree with the store, which answers the same query with SQL; a test compares the two.
"""

from __future__ import annotations

import re
import unicodedata

from eventcenter.model import Event
from eventcenter.query import EventQuery, Search, Term
from eventcenter.store.words import MAX_INDEXED_CHARS, searched, spaced

_WORD = re.compile(r"[\w.\-]+")


def matches(query: EventQuery, event: Event) -> bool:
    """Filters, `from` and search expression; `to`, order and paging mean nothing for a single change."""
    # In whole seconds, as the store orders events.
    if query.from_time is not None and event.last_time // 1000 < query.from_time // 1000:
        return False
    filters = query.filters.items()
    return all(_accepts(name, values, event) for name, values in filters) and _found(query.search, event)


def _accepts(name: str, values: tuple[str, ...], event: Event) -> bool:
    value = getattr(event, "hostname" if name == "host" else name)
    return not values or any(_equal(pattern, value) for pattern in values)


def _equal(pattern: str, value: str) -> bool:
    if "*" not in pattern:
        return pattern == value
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), value, re.DOTALL) is not None


def _found(search: Search, event: Event) -> bool:
    texts = (event.message[:MAX_INDEXED_CHARS], event.name, event.reason)
    columns = [_words(spaced(text)) for text in texts]
    # As in the store: the index has no word for signs alone. Beside words they are left out, by themselves
    # they find nothing.
    terms = [term for term in search.terms if any(char.isalnum() for char in term.text)]
    if search.terms and not terms:
        return False
    return all(any(_term_in(term, column) for column in columns) for term in terms)


def _term_in(term: Term, column: list[str]) -> bool:
    """The words of the term follow each other; with `prefix` the last may go on."""
    wanted = _words(searched(term.text, prefix=term.prefix))
    *firsts, last = wanted
    for at in range(len(column) - len(wanted) + 1):
        end = column[at + len(firsts)]
        if column[at : at + len(firsts)] == firsts and (
            end == last or (term.prefix and end.startswith(last))
        ):
            return True
    return False


def _words(text: str) -> list[str]:
    """Words as the full-text index cuts them: without case and diacritics; - . _ belong to a word."""
    decomposed = unicodedata.normalize("NFD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _WORD.findall(plain.casefold())
