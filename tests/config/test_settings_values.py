"""How single values are written, and that a refusal says what is accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventcenter import settingtypes as types
from eventcenter.config import load
from eventcenter.errors import ConfigError
from eventcenter.settings import TABLE


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        (":9000", "0.0.0.0", 9000),
        ("[::1]:80", "::1", 80),
        ("localhost:0", "localhost", 0),
    ],
)
def test_addresses(text: str, host: str, port: int) -> None:
    address = types.address(text)
    assert (address.host, address.port) == (host, port)
    assert types.address(str(address)) == address


@pytest.mark.parametrize(
    "text", ["8080", "host", "::1:80", "host:", "host:-1", "host:http", "host:70000", ""]
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        types.address(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [("90d", 90), ("1h", 1 / 24), ("2w", 14), ("3650d", 3650), (" 60m ", 1 / 24), ("7 d", 7)],
)
def test_durations(text: str, days: float) -> None:
    assert types.duration(text) == days * 86_400_000


@pytest.mark.parametrize(
    "value", ["90", 90, "0d", "59m", "3651d", "90D", "1.5d", "-1d", "d", True, None, ["90d"]]
)
def test_durations_that_are_none(value: Any) -> None:
    with pytest.raises(ValueError):
        types.duration(value)


@pytest.mark.parametrize("text", ["90d", "36h", "90m"])
def test_a_shown_duration_reads_back(text: str) -> None:
    assert types.show_duration(types.duration(text)) == text


def test_namespaces_are_a_list_or_text_and_kept_once() -> None:
    assert types.namespaces("shop, data shop") == ("shop", "data")
    assert types.namespaces(["shop", "data"]) == ("shop", "data")
    with pytest.raises(ValueError, match="'Shop_1' is not a namespace"):
        types.namespaces("shop,Shop_1")


@pytest.mark.parametrize("name", ["", "../up", "UPPER", "-a", "a-", "a" * 64, "a/b", "a.b"])
def test_instance_names_are_safe_in_paths(name: str) -> None:
    with pytest.raises(ValueError):
        types.instance(name)


def test_files_of_node_checks_are_a_list_or_text_with_commas() -> None:
    assert types.paths("/etc/npd/a.json,b.json") == (Path("/etc/npd/a.json"), Path("b.json"))
    assert types.paths(["a.json"]) == (Path("a.json"),)


def test_what_is_no_sink_at_all_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigError) as failed:
        load({"sinks": [["dingtalk:https://host/?access_token=SECRET"], 7]}, env={})
    assert "a sink is an address, NAME:URL?key=value" in str(failed.value)
    assert "SECRET" not in str(failed.value)


def test_a_source_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigError) as failed:
        load({"source": "k8s:https://user:SECRET@host"}, env={})
    assert "accepted is kubernetes:" in str(failed.value)
    assert "SECRET" not in str(failed.value)


def test_a_home_directory_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load({"data_dir": "~/events"}, env={}).settings.data_dir == tmp_path / "events"


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=3), scalars, max_size=2)


@given(row=st.sampled_from(TABLE), value=values)
def test_no_value_of_a_file_breaks_a_parser(row: Any, value: Any) -> None:
    try:
        row.parse(value)
    except ValueError as error:
        assert str(error)
        assert "\n" not in str(error)
