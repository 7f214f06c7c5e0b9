"""What is remembered over a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from npd.state import State, boot_id
from tests.npd.monitors.making import condition


def test_a_restart_finds_positions_and_conditions(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.json"
    state = State(path, "boot")
    state.keep("m", conditions=[condition("C", message="é")], position={"cursor": "c"}, at_once=True)
    again = State(path, "boot")
    assert again.conditions("m") == (condition("C", message="é"),)
    assert again.position("m") == {"cursor": "c"}
    assert (again.conditions("other"), again.position("other")) == ((), None)


@pytest.mark.parametrize("boot", ["another", ""])
def test_after_another_boot_no_condition_holds(tmp_path: Path, boot: str) -> None:
    path = tmp_path / "state.json"
    State(path, "boot").keep("m", conditions=[condition("C")], position={"cursor": "c"}, at_once=True)
    again = State(path, boot)
    assert (again.conditions("m"), again.position("m")) == ((), {"cursor": "c"})


def test_what_no_event_hangs_on_is_written_when_it_is_flushed(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = State(path, "boot")
    state.keep("m", position={"n": 1}, at_once=True)
    state.keep("m", position={"n": 2})
    assert State(path, "boot").position("m") == {"n": 1}
    state.flush()
    assert State(path, "boot").position("m") == {"n": 2}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 9}', '{"version": 1, "boot_id": "b", "monitors": [1]}']
)
def test_a_file_that_makes_no_sense_is_begun_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    state = State(path, "b")
    assert state.position("m") is None
    state.keep("m", position={"n": 1}, at_once=True)
    assert State(path, "b").position("m") == {"n": 1}


def test_entries_that_make_no_sense(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    monitors = '{"m": {"conditions": [{"nonsense": 1}], "position": 3}}'
    path.write_text(f'{{"version": 1, "boot_id": "b", "monitors": {monitors}}}')
    state = State(path, "b")
    assert (state.conditions("m"), state.position("m")) == ((), None)


def test_monitors_that_are_configured_no_more_are_forgotten(tmp_path: Path) -> None:
    state = State(tmp_path / "state.json", "b")
    state.keep("old", position={"n": 1})
    state.keep("kept", position={"n": 2})
    state.retain(["kept"])
    assert (state.position("old"), state.position("kept")) == (None, {"n": 2})


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    state = State(tmp_path / "file" / "state.json", "b")
    state.keep("m", position={"n": 1}, at_once=True)
    assert "cannot be written" in state.problem
    assert state.position("m") == {"n": 1}


def test_the_boot_has_a_name(tmp_path: Path) -> None:
    assert boot_id() == boot_id() != ""
    assert boot_id(str(tmp_path)) == ""
