"""`bench/small.py` says truly how a center fares under a memory limit, and leaves nothing behind. Needs root."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.filled import filled_store
from bench.memory_group import PREFIX, NoGroup, controller, memory_group
from bench.small import Outcome, Plan, run

EVENTS = 2_000


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    with filled_store(tmp_path / "data", EVENTS):
        return tmp_path / "data"


@pytest.fixture(autouse=True)
def group_can_be_made() -> None:
    try:
        with memory_group(50):
            pass
    except NoGroup as error:
        pytest.skip(str(error))


def left_behind() -> list[Path]:
    where, _ = controller()
    return list(where.glob(PREFIX + "*"))


def in_limit(filled: Path, mib: int) -> Outcome:
    return run(Plan(filled, limit_mib=mib, seconds=4, rate=200))


def test_the_whole_center_fits_into_250_mib(filled: Path) -> None:
    outcome = in_limit(filled, 250)
    assert (outcome.failures, outcome.kills) == ([], 0)
    assert outcome.sent == outcome.stored == 800
    assert 0 < outcome.ready_s < 30 and 0 < outcome.first_page_s < 30
    assert 50 < outcome.rss_mib[1] < outcome.peak_mib + 100 and outcome.peak_mib <= 250
    assert len(outcome.delays) > 400
    assert outcome.pages["/"] and outcome.pages["/events/{uid}"]
    assert left_behind() == []


def test_a_limit_that_is_too_small_is_told(filled: Path) -> None:
    outcome = in_limit(filled, 40)
    assert outcome.kills > 0 and outcome.failures and not outcome.sound
    assert left_behind() == []


def test_what_runs_in_a_group_ends_with_it() -> None:
    with memory_group(50) as group:
        pid = os.spawnvp(os.P_NOWAIT, group.prefix[0], [*group.prefix, "sleep", "600"])
        while str(pid) not in (group.path / "cgroup.procs").read_text().split():
            assert os.waitpid(pid, os.WNOHANG) == (0, 0), "it did not start"
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    assert left_behind() == []


def test_no_right_to_make_a_group_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path, *args: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)
    why = r"cannot be made below .*: Permission denied; run this as root"
    with pytest.raises(NoGroup, match=why), memory_group(50):
        pytest.fail("there is none")
