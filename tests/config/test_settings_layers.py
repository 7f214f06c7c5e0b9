"""File < environment < flags, and every problem of all three at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventcenter.config import load
from eventcenter.errors import ConfigError
from eventcenter.settings import Settings


def test_without_anything_all_are_defaults(tmp_path: Path) -> None:
    loaded = load({}, env={}, cwd=tmp_path)
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}


def test_environment_beats_file_and_flags_beat_both(tmp_path: Path) -> None:
    file = tmp_path / "center.yaml"
    file.write_text("listen: 127.0.0.1:1\nretention: 1d\nlog_level: debug\n")
    env = {"EVENTCENTER_LISTEN": "127.0.0.1:2", "EVENTCENTER_RETENTION": "2d"}
    loaded = load({"listen": "127.0.0.1:3"}, file=file, env=env)
    assert str(loaded.settings.listen) == "127.0.0.1:3"
    assert loaded.settings.retention_ms == 2 * 86_400_000
    assert loaded.settings.log_level == "debug"
    assert loaded.origins["listen"] == "--listen"
    assert loaded.origins["retention_ms"] == "EVENTCENTER_RETENTION"
    assert loaded.origins["log_level"] == f"{file}: log_level"


def test_a_switch_turned_off_by_flag_beats_the_environment() -> None:
    env = {"EVENTCENTER_DEMO_IF_NO_CLUSTER": "true"}
    assert load({}, env=env).settings.demo_if_no_cluster is True
    assert load({"demo_if_no_cluster": False}, env=env).settings.demo_if_no_cluster is False
    assert load({"demo_if_no_cluster": None}, env=env).settings.demo_if_no_cluster is True


def test_the_file_beside_is_read_only_where_no_other_is_named(tmp_path: Path) -> None:
    (tmp_path / "eventcenter.yaml").write_text("instance: beside\n")
    other = tmp_path / "other.yaml"
    other.write_text("instance: other\n")
    assert load({}, env={}, cwd=tmp_path).settings.instance == "beside"
    assert load({}, env={"EVENTCENTER_CONFIG": str(other)}, cwd=tmp_path).settings.instance == "other"
    assert load({}, file=other, env={}, cwd=tmp_path).settings.instance == "other"


def test_all_problems_are_told_at_once_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "center.yaml"
    file.write_text("listen: nowhere\nretension: 90d\nlog_level: loud\n")
    with pytest.raises(ConfigError) as failed:
        load({"retention_ms": "90"}, file=file, env={"EVENTCENTER_NAMESPACES": "Shop"})
    lines = str(failed.value).splitlines()
    assert len(lines) == 5
    assert any(line.startswith(f"{file}: listen: 'nowhere' is not HOST:PORT") for line in lines)
    assert any("'retension' is not known. Did you mean retention?" in line for line in lines)
    assert any("debug, info, warning, error" in line for line in lines)
    assert any(line.startswith("--retention: '90' is not a duration") for line in lines)
    assert any(line.startswith("EVENTCENTER_NAMESPACES: 'Shop'") for line in lines)


def test_an_unknown_variable_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"EVENTCENTER_DATADIR.*Did you mean EVENTCENTER_DATA_DIR"):
        load({}, env={"EVENTCENTER_DATADIR": "/data"})


def test_variables_that_kubernetes_makes_of_services_are_left_alone() -> None:
    env = {
        "EVENTCENTER_SERVICE_HOST": "10.0.0.1",
        "EVENTCENTER_SERVICE_PORT_HTTP": "80",
        "EVENTCENTER_PORT": "tcp://10.0.0.1:80",
        "EVENTCENTER_PORT_80_TCP_ADDR": "10.0.0.1",
        "EVENTCENTER_WEB_SERVICE_HOST": "10.0.0.2",
        "EVENTCENTER_LISTEN": "",
        "EVENTCENTER_CONFIG": "",
    }
    assert load({}, env=env).settings == Settings()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"listen: [1, 2", "is not valid YAML"),
        (b"a: \xff", "is not valid YAML"),
        (b"a: &a [*a]\n", "setting 'a' is not known"),
        (b"- listen\n", "must hold `setting: value` lines, not a list"),
        (b"just text", "not a str"),
        (b"listen: {host: x}\n", "{'host': 'x'} is not text"),
        (b"1: 2\n", "setting '1' is not known"),
    ],
)
def test_a_broken_file_is_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "center.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as failed:
        load({}, file=file, env={})
    assert len(str(failed.value).splitlines()) == 1
    assert str(failed.value).startswith(str(file))
    assert told in str(failed.value)


@pytest.mark.parametrize("content", ["", "# nothing\n", "listen:\nsource: null\n"])
def test_an_empty_file_and_empty_values_leave_the_defaults(tmp_path: Path, content: str) -> None:
    file = tmp_path / "center.yaml"
    file.write_text(content)
    assert load({}, file=file, env={}).settings == Settings()


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load({}, file=tmp_path / "missing.yaml", env={})
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load({}, file=tmp_path, env={})


def test_the_default_directory_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings().data_dir == tmp_path / "eventcenter"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings().data_dir == tmp_path / ".local/share/eventcenter"
