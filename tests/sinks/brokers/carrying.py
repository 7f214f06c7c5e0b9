"""What the delivery loop does around a sender, in small: again what is to go again, until all is taken or refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from sinks.delivery import Broken, Item, PartlyTaken, Refused, Sender, TryAgain


def carry(
    sink: Sender,
    items: Sequence[Item],
    *,
    batch: int = 200,
    disturb: Callable[[], None] | None = None,
    limit_s: float = 90.0,
) -> int:
    """All of them, with `disturb` beside from a third on. How often something had to go again."""
    until = time.monotonic() + limit_s
    disturbing = threading.Thread(target=disturb) if disturb else None
    repeats = 0
    for start in range(0, len(items), batch):
        if disturbing is not None and disturbing.ident is None and start >= len(items) // 3:
            disturbing.start()
        left = list(items[start : start + batch])
        while left:
            assert time.monotonic() < until, f"not through within {limit_s} s"
            left = _once(sink, left)
            if left:
                repeats += 1
                time.sleep(0.05)
    if disturbing is not None:
        disturbing.join()
    return repeats


def _once(sink: Sender, items: list[Item]) -> list[Item]:
    """What is left."""
    try:
        sink.send(items)
    except PartlyTaken as partly:
        assert not partly.refused, partly.refused
        return [items[index] for index in partly.again]
    except (TryAgain, Broken):
        return items
    except Refused as error:
        raise AssertionError(f"refused: {error}") from error
    return []
