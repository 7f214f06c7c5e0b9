"""The stores of `tests/store`, with its check that nothing stays open."""

from tests.store.conftest import clock, nothing_is_left_open, open_store, store

__all__ = ["clock", "nothing_is_left_open", "open_store", "store"]
