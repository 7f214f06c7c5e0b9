"""References in place of secrets, and what of them is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from eventcenter.errors import ConfigError
from sinks.configuring import configure
from sinks.secrets import resolved, resolver


def test_references_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("from-file\n")
    monkeypatch.setenv("MY_TOKEN", "from-env")
    read = resolver(lambda namespace, name, key: f"{namespace}.{name}.{key}")
    text = f"${{env:MY_TOKEN}}, ${{file:{tmp_path}/token}}, ${{secret:ns/name/key}}, $HOME ${{"
    filled, secrets = read(text)
    assert filled == "from-env, from-file, ns.name.key, $HOME ${"
    assert secrets == {"from-env", "from-file", "ns.name.key"}


def test_what_was_put_in_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTER", "${env:HOME}")
    assert resolved("${env:OUTER}")[0] == "${env:HOME}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("${env:NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE is not set"),
        ("${file:/does/not/exist}", "cannot be read: No such file"),
        ("${file:/}", "cannot be read: Is a directory"),
        ("${secret:ns/name}", "is not ${secret:NAMESPACE/NAME/KEY}"),
        ("${secret:ns//key}", "is not ${secret:NAMESPACE/NAME/KEY}"),
        ("${secret:ns/name/key}", "only where the center watches a cluster"),
        ("${vault:x}", "accepted are ${env:…}, ${file:…} and ${secret:…}"),
    ],
)
def test_what_leads_nowhere(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolved(text)
    assert told in str(caught.value)


def test_a_file_that_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "huge").write_bytes(b"x" * 70_000)
    for name in ("empty", "huge"):
        with pytest.raises(ConfigError, match="empty or larger"):
            resolved(f"${{file:{tmp_path}/{name}}}")


def test_a_secret_of_a_reference_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "T000/B000/very-secret")
    monkeypatch.setenv("KEY", "write-key-1")
    hook, honeycomb = configure(
        ["webhook:https://hooks.example.com/${env:HOOK}", {"uri": "honeycomb:", "writekey": "${env:KEY}"}]
    )
    assert hook.url == "https://hooks.example.com/T000/B000/very-secret"
    assert honeycomb["writekey"] == "write-key-1"
    for sink in (hook, honeycomb):
        assert "very-secret" not in sink.shown_whole and "write-key-1" not in sink.shown_whole
