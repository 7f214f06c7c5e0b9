"""The live feed goes on where the history ended."""

from __future__ import annotations

from typing import Any

from eventcenter.demo import live, simulate

MINUTE = 60_000
HOUR = 60 * MINUTE
END = 1_795_438_000_000

Raw = dict[str, Any]


def test_the_feed_continues_the_history_without_a_seam() -> None:
    feed = live(1, lambda: END)
    fed = [change for step in range(1, 121) for change in feed.step(END + step * MINUTE)]
    assert fed == list(simulate(1, END, END + 2 * HOUR))
    assert len(fed) > 100


def test_it_hands_out_each_change_once_however_often_it_is_asked() -> None:
    feed = live(1, lambda: END)
    assert feed.step(END) == []
    first = feed.step(END + HOUR)
    assert first
    assert feed.step(END + HOUR) == []
    assert feed.step(END + HOUR // 2) == []


def test_what_is_due_since_the_end_of_the_history_is_made_up_for() -> None:
    late = END + 10 * MINUTE
    feed = live(1, lambda: late, since=END)
    assert feed.step(late) == list(simulate(1, END, late))


def test_a_running_crash_loop_goes_on_counting() -> None:
    counts = {
        change["object"]["metadata"]["uid"]: change["object"]["count"]
        for change in simulate(1, END - HOUR, END)
        if change["object"]["reason"] == "BackOff"
    }
    later = [
        change
        for change in live(1, lambda: END).step(END + 30 * MINUTE)
        if change["object"]["metadata"]["uid"] in counts
    ]
    assert later
    assert all(change["type"] == "MODIFIED" for change in later)
    for change in later:
        uid, now = change["object"]["metadata"]["uid"], change["object"]["count"]
        assert now == counts[uid] + 1
        counts[uid] = now
