"""What people wrote about sinks, checked: all problems at once, each with what is accepted, none with a secret."""

from __future__ import annotations

from typing import Any

import pytest

from eventcenter.errors import ConfigError
from sinks import kinds
from sinks.configuring import configure, problems
from sinks.reading import Written
from tests.sinks.made import settings


def told(*written: Written, **given: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        configure(list(written), env={"PATH": ""}, **given)
    return str(caught.value).splitlines()


def test_all_problems_of_all_sinks_are_told_together() -> None:
    lines = told(
        "webhook:https://h/x?level=Loud&timeout=soon",
        "stdout:",
        "hoenycomb:?writekey=k",
        "sls:https://h?projcet=p&label=x",
        {"name": "no address"},
        7,  # type: ignore[arg-type]
    )
    assert lines[0] == "sink 1 (webhook): level: 'Loud' is not one of Normal, Warning, problem"
    assert lines[1] == "sink 1 (webhook): timeout: 'soon' is not a duration like 30s, 5m or 1h30m"
    assert lines[2].startswith(
        "sink 3 (hoenycomb): there is no sink 'hoenycomb'. Did you mean honeycomb? Known: "
    )
    assert lines[3].startswith("sink 4 (sls): option 'projcet' is not known. Did you mean project? Known: ")
    assert any(line.startswith("sink 4 (sls): label: 'x' is not Key,Value") for line in lines)
    assert any(line.startswith("sink 4 (sls): project is missing") for line in lines)
    assert any(line.startswith("sink 5: a sink needs `uri: NAME:URL`") for line in lines)
    assert any(line.startswith("sink 6: a sink is an address") for line in lines)
    assert not any(line.startswith("sink 2") for line in lines)


def test_known_options_are_listed() -> None:
    (line,) = told("riemann:http://h?ttll=3")
    assert line == (
        "sink 1 (riemann): option 'ttll' is not known. Did you mean ttl? Known: alert_after, batchsize, exclude, "
        "exclude_kinds, exclude_namespaces, exclude_reason, kinds, level, name, namespaces, q, reason, start, "
        "state, tags, timeout, ttl."
    )


def test_no_problem_repeats_a_secret() -> None:
    lines = told(
        {"uri": "webhook:https://h", "header": "top secret value", "basic_auth": "password-only"},
        "honeycomb:?writekey=key-secret-1&writekey=key-secret-2&dataset=a&dataset=b",
    )
    assert not [
        line for line in lines if "secret" in line.replace("hmac_secret", "") or "password-only" in line
    ]
    assert "sink 1 (webhook): header: its value is not a header as in Content-Type=application/json" in lines
    assert "sink 2 (honeycomb): writekey is given 2 times, and once is accepted" in lines


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "webhook:https://user:pass-word@h/secret-path?key=secret-key&level=Normal",
            "webhook:https://user:***@h/***?key=***",
        ),
        ("honeycomb:?writekey=secret-key&dataset=mine", "honeycomb:?dataset=mine&writekey=***"),
        ("sls:https://e?project=p&logStore=l&accessKeyId=secret-id&accessKeySecret=secret-key", None),
    ],
)
def test_what_is_shown_holds_no_secret(written: str, expected: str | None) -> None:
    sink = settings(written)
    for shown in (sink.shown, sink.shown_whole, sink.name, sink.hide(written)):
        assert "secret-" not in shown and "pass-word" not in shown
    if expected:
        assert sink.shown_whole.startswith(expected)


def test_a_mapping_says_the_same_as_an_address() -> None:
    line = settings("webhook:https://h/x?level=Normal&header=A=b&header=C=d&namespaces=a,b&method=POST")
    mapping = settings(
        {
            "uri": "webhook:https://h/x",
            "level": "Normal",
            "header": {"A": "b", "C": "d"},
            "namespaces": ["a,b"],
            "method": "post",
        }
    )
    assert line.options == mapping.options
    assert line.name == mapping.name


def test_names_are_unique_and_stay_when_a_secret_changes() -> None:
    one, two, three = configure(
        ["honeycomb:?writekey=k-000001", "honeycomb:?writekey=k-000002", "honeycomb:?writekey=k&dataset=b"]
    )
    assert two.name == f"{one.name}-2"
    assert three.name not in (one.name, two.name)
    assert settings("honeycomb:?writekey=another-1").name == one.name
    assert "more than one sink has the name a" in told("stdout:?name=a", "stdout:?name=a")[0]


def test_the_environment_says_what_an_address_does_not() -> None:
    env = {"AccessKeyId": "id-of-env", "AccessKeySecret": "secret-of-env", "RegionId": "cn-env"}
    found = settings("sls:https://e?project=p&logStore=l&regionId=cn-own", env=env)
    assert (found["accessKeyId"], found["regionId"]) == ("id-of-env", "cn-own")
    assert found.hide("say secret-of-env") == "say ***"


@pytest.mark.parametrize("uri", ["stdout:", "riemann:http://h"])
def test_only_what_the_guard_can_judge_is_set_up_in_the_page(uri: str) -> None:
    (line,) = told(uri, guarded=True)
    assert "cannot be set up in the page" in line


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("webhook:", "the URL is missing, as in webhook:https://"),
        ("stdout:http://h", "takes no URL, only options"),
        ("webhook:http://[::1", "its URL cannot be read"),
        ("webhook:http://h?reason=(", "reason: '('"),
        ("webhook:http://h?q=((", "q: "),
        ("webhook:http://h?name=No Name", "name: 'No Name' is not a name"),
        ("stdout:?start=yesterday", "start: 'yesterday' is not a duration"),
    ],
)
def test_one_line_says_what_is_wrong(uri: str, expected: str) -> None:
    (line,) = told(uri)
    assert expected in line


def test_what_is_ignored_is_told() -> None:
    (notice,) = settings("webhook:http://h?quotes=true").notices
    assert notice == "quotes has no meaning here and is ignored"


def test_problems_also_knows_what_only_the_sender_can_tell() -> None:
    assert problems(["webhook:http://h?body={{ .Nothing }}"])[0].startswith("the template of the body")
    assert problems(["webhook:http://h?bearer_token=${secret:a/b/c}"]) == []


def test_every_kind_is_declared_well() -> None:
    for kind in kinds.all_kinds():
        assert (kind.open is None) != (kind.messenger is None), kind.name
        names = [option.name for option in kind.options]
        assert len(names) == len(set(names)), kind.name
        assert kind.example.startswith(f"{kind.name}:") or kind.example == kind.name, kind.name
        assert kind.summary.endswith("."), kind.name
        assert all(option.help and not option.help.endswith(".") for option in kind.options), kind.name
