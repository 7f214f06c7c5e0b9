"""The functions of our own that conditions of a search call, for what SQL cannot say: whether words occur in a text,
and whether an event matches by its raw object. They ask `eventcenter.search`, so that both evaluators agree."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from eventcenter.search import matches
from eventcenter.search.cutting import found_in
from eventcenter.search.parsing import parse_printed
from eventcenter.search.tree import Has, How
from eventcenter.store.files import ReadConnection
from eventcenter.store.packing import Unpacker, unpack_uid
from eventcenter.store.rows import TERM_COLUMNS, event_of
from eventcenter.store.terms import TermReader

_HOW: dict[str, How] = {"w": "word", "p": "phrase", "a": "words"}


def register(connection: ReadConnection, terms: TermReader, unpacker: Unpacker) -> None:
    """Give a read connection `search_text(SPEC, text)`, `search_uid(SPEC, uid)` and `search_event(TREE, raw,
    columns …)`; and `search_at(e.id)` and `search_found(e.id)`, which are true and note the place."""

    def search_event(tree: str, raw: bytes, *row: Any) -> bool:
        texts = terms.texts(connection, [row[column] for column in TERM_COLUMNS])
        event = event_of(row, texts, "")
        return matches(parse_printed(tree), event, unpacker.unpack(event, raw))

    def search_at(place: int) -> bool:
        connection.examined = place
        return True

    def search_found(place: int) -> bool:
        connection.found = (*connection.found[-1:], place)
        return True

    connection.create_function("search_at", 1, search_at)
    connection.create_function("search_found", 1, search_found)
    connection.create_function("search_text", 2, _search_text, deterministic=True)
    connection.create_function("search_uid", 2, _search_uid, deterministic=True)
    connection.create_function("search_event", -1, search_event, deterministic=True)


def spec(leaf: Has) -> str:
    """What `search_text` is to look for."""
    return next(mark for mark, how in _HOW.items() if how == leaf.how) + leaf.text


@lru_cache(maxsize=256)
def _leaf(spec: str) -> Has:
    return Has(None, spec[1:], _HOW[spec[0]])


def _search_text(spec: str, text: str) -> bool:
    return found_in(_leaf(spec), text)


def _search_uid(spec: str, uid: bytes | str) -> bool:
    return found_in(_leaf(spec), unpack_uid(uid))
