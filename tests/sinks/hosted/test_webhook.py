from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, Refused
from sinks.texts import whole
from tests.sinks.hosted.conftest import Open
from tests.sinks.made import NASTY, item, items, settings
from tests.sinks.servers.faulty import Answer, FaultyServer

TEMPLATES = {
    "folded by YAML": '{"EventType": "{{ .Type }}","EventReason": "{{\n.Reason }}","EventMessage": "{{ .Message\n}}"}',
    "for Slack": '{"channel": "testing", "text":"Type:{{ .Type }}\\nMessage:{{ .Message }}", '
    '"attachments": [{"color": "warning", "text": "*Object*: `{{ .InvolvedObject.Kind }}/{{.InvolvedObject.Name}}`"}]}',
    "for DingTalk": '{"msgtype": "text", "text": {"content":"Time:{{ .LastTimestamp }}\\n{{ .Message }}"}, '
    '"markdown": {"title":"","text":""}}',
    "with conditions": '{"colour": "{{ if eq .Type "Warning" }}red{{ else }}green{{ end }}", '
    '"host": "{{ .Source.Host }}", "count": {{ .Count }}, "app": "{{ .ObjectMeta.Labels.app }}"}',
}


def config_maps(**contents: str) -> Any:
    def read(namespace: str, name: str) -> Mapping[str, str]:
        if name not in contents:
            raise ConfigError(f"the ConfigMap {namespace}/{name} does not exist")
        return {"content": contents[name]}

    return read


def test_the_default_body_is_that_of_kube_eventer(sender: Open, server: FaultyServer) -> None:
    sender(f"webhook:{server.url}/hook").send([item()])
    (request,) = server.requests
    assert request.method == "GET"
    assert request.json == {
        "EventType": "Warning",
        "EventKind": "Pod",
        "EventReason": "BackOff",
        "EventTime": "2025-12-25 12:00:00 +0000 UTC",
        "EventMessage": "Back-off restarting failed container web",
    }
    assert request.headers["content-type"] == "application/json"


DOCUMENTED = (
    "{url}/robot/send?access_token=a5c19f3e&level=Normal&namespaces=a,b&kinds=c,d"
    "&header=contentType=customContentType&header=customHeaderKey=customHeaderValue",
    "{url}/robot/send?access_token=token&level=Normal&kinds=Pod&header=Content-Type=application/json"
    "&custom_body_configmap=custom-body&custom_body_configmap_namespace=kube-system&method=POST",
    "{url}/cgi-bin/webhook/send?key=633a31f6-7f9c&level=Normal&kinds=Pod&header=Content-Type=application/json"
    "&custom_body_configmap=custom-body&custom_body_configmap_namespace=kube-system&method=POST",
    "{url}/services/d/B00000000/XXX?&level=Normal&kinds=Pod&header=Content-Type=application/json"
    "&custom_body_configmap=custom-body&custom_body_configmap_namespace=kube-system&method=POST",
    "{url}/=bwIsS/incoming/xxx?&level=Normal&kinds=Pod&header=Content-Type=application/json"
    "&custom_body_configmap=custom-body&custom_body_configmap_namespace=kube-system&method=POST",
    "{url}/open-apis/bot/hook/xxx?level=Warning&method=POST&header=Content-Type=application/json"
    "&custom_body_configmap=custom-body&custom_body_configmap_namespace=kube-system",
    "{url}/hook&level=Normal",
    "{url}/hook?level=Warning&reason=Failed&reason=.*Kill.*&quotes=true&use_custom_body=true",
)


@pytest.mark.parametrize("line", DOCUMENTED)
def test_every_documented_line_works_unchanged(sender: Open, server: FaultyServer, line: str) -> None:
    read = config_maps(**{"custom-body": TEMPLATES["for Slack"]})
    sender("webhook:" + line.format(url=server.url), config_map=read).send([item()])
    (request,) = server.requests
    assert request.path == "/" + line.split("/", 1)[1].split("?")[0].split("&")[0]
    options = {
        "level",
        "namespaces",
        "kinds",
        "reason",
        "header",
        "method",
        "custom_body_configmap",
        "quotes",
    }
    assert not options & set(request.query)
    for key in ("access_token", "key"):
        assert (f"{key}=" in line.split("level")[0]) == (key in request.query)
    if "customHeaderKey" in line:
        assert request.headers["customheaderkey"] == "customHeaderValue"
        assert request.headers["contenttype"] == "customContentType"


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("template", TEMPLATES)
def test_no_text_breaks_the_body(sender: Open, server: FaultyServer, template: str, text: str) -> None:
    read = config_maps(body=TEMPLATES[template])
    sink = sender(f"webhook:{server.url}?method=POST&custom_body_configmap=body", config_map=read)
    sink.send([item(message=NASTY[text])])
    body = server.requests[0].json
    if template == "folded by YAML":
        assert body["EventMessage"] == whole(NASTY[text])
    if template == "with conditions":
        assert body == {"colour": "red", "host": "node-1", "count": 3, "app": ""}


def test_a_fragment_gets_escaped_texts_too(sender: Open, server: FaultyServer) -> None:
    sender({"uri": f"webhook:{server.url}", "body": '"text":"{{ .Message }}"'}).send([item(message='a "b"')])
    assert server.requests[0].body == b'"text":"a \\"b\\""'


def test_a_text_is_left_as_it_is(sender: Open, server: FaultyServer) -> None:
    sender({"uri": f"webhook:{server.url}", "body": "{{ .Type }}: {{ .Message }}"}).send(
        [item(message='a "b"')]
    )
    assert server.requests[0].body == b'Warning: a "b"'
    assert server.requests[0].headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("text", NASTY)
def test_jinja(sender: Open, server: FaultyServer, text: str) -> None:
    template = '{"m": {{ message | tojson }}, "n": {{ raw.metadata.name | tojson }}, "c": {{ count }}}'
    sink = sender({"uri": f"webhook:{server.url}", "body": template})
    if text == "huge":
        with pytest.raises(Refused, match="more than 20000 characters"):
            sink.send([item(message=NASTY[text])])
        return
    sink.send([item(message=NASTY[text])])
    body = server.requests[0].json
    assert (body["n"], body["c"]) == ("web-0.18a4b1c2d3e4f5a6", 3)
    assert body["m"] == whole(NASTY[text])


def test_jinja_that_quotes_would_break_is_told_at_once(sender: Open) -> None:
    with pytest.raises(ConfigError, match="tojson"):
        sender({"uri": "webhook:http://example.com", "body": '{"text": "{{ message }}"}'})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"body": "{{ .Nothing }}"}, "which there is not"),
        ({"body": "{{ nothing }}"}, "not known"),
        ({"body": "a", "body_file": "/b"}, "both given"),
        ({"body_file": "/does/not/exist"}, "cannot be read"),
        ({"body": "no JSON", "batch": 2}, "batch needs a body that is JSON"),
        ({"bearer_token": "t", "basic_auth": "u:p"}, "both given"),
        ({"header": "no header"}, "header: its value is not a header"),
        ({"header": "A=b\nC: d"}, "characters that a header cannot hold"),
        ({"basic_auth": "somebody"}, "basic_auth: its value is not USER:PASSWORD"),
        ({"method": "DELETE"}, "is not one of GET, POST, PUT, PATCH"),
    ],
)
def test_settings_that_cannot_work(sender: Open, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        sender({"uri": "webhook:http://example.com"} | options)
    assert told in str(caught.value)


def test_a_body_of_a_file(sender: Open, server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text('{"reason": {{ reason | tojson }}}')
    sender(f"webhook:{server.url}?body_file={tmp_path}/body.json").send([item()])
    assert server.requests[0].json == {"reason": "BackOff"}


def test_a_config_map_that_is_missing_waits_and_is_found_later(sender: Open, server: FaultyServer) -> None:
    contents: dict[str, str] = {}

    def read(namespace: str, name: str) -> Mapping[str, str]:
        assert (namespace, name) == ("default", "body")
        return contents

    sink = sender(f"webhook:{server.url}?custom_body_configmap=body", config_map=read)
    with pytest.raises(Broken, match="default/body has no `content`"):
        sink.send([item()])
    contents["content"] = "{{ .Wrong }}"
    with pytest.raises(Broken, match=r"asks for \.Wrong"):
        sink.send([item()])
    contents["content"] = '{"t": "{{ .Type }}"}'
    sink.send([item()])
    assert server.requests[0].json == {"t": "Warning"}


def test_without_a_cluster_there_is_no_config_map(sender: Open) -> None:
    with pytest.raises(Broken, match="only where a cluster is watched"):
        sender("webhook:http://127.0.0.1:9?custom_body_configmap=body").send([item()])


def test_a_changed_config_map_is_read_again(
    sender: Open, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.kinds.webhook.sender.READ_AGAIN_S", 0.0)
    contents = {"content": "one"}
    sink = sender(
        f"webhook:{server.url}?custom_body_configmap=b", config_map=lambda namespace, name: contents
    )
    sink.send([item()])
    contents["content"] = "two"
    sink.send([item()])
    assert [request.body for request in server.requests] == [b"one", b"two"]


def test_the_signature_is_of_the_body_and_the_time(sender: Open, server: FaultyServer) -> None:
    sender(f"webhook:{server.url}?method=POST&hmac_secret=s3cret").send([item()])
    (request,) = server.requests
    time, digest = (part.split("=")[1] for part in request.headers["x-eventcenter-signature"].split(","))
    signed = time.encode() + b"." + request.body
    assert digest == hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("bearer_token=abc", "Bearer abc"),
        ("basic_auth=user:pass", "Basic dXNlcjpwYXNz"),
        ("bearer_token=abc&header=Authorization=Own", "Own"),
    ],
)
def test_authorization(sender: Open, server: FaultyServer, option: str, expected: str) -> None:
    sender(f"webhook:{server.url}?{option}").send([item()])
    assert server.requests[0].headers["authorization"] == expected


def test_a_password_in_the_url(sender: Open, server: FaultyServer) -> None:
    sender(f"webhook:{server.url.replace('//', '//user:pass@')}").send([item()])
    assert server.requests[0].headers["authorization"] == "Basic dXNlcjpwYXNz"


def test_a_repeated_delivery_has_the_same_key(sender: Open, server: FaultyServer) -> None:
    sink = sender(f"webhook:{server.url}")
    server.script(Answer(how="closed"))
    for number in (0, 0, 1):
        try:
            sink.send([item(number, instance="生产")])
        except Exception as error:
            assert type(error).__name__ == "TryAgain"
    first, second, other = [request.headers["idempotency-key"] for request in server.requests]
    assert first == second != other


def test_a_batch_is_an_array(sender: Open, server: FaultyServer) -> None:
    uri = f"webhook:{server.url}?method=POST&batch=50"
    assert settings(uri).batch == 50
    sender(uri).send(items(3))
    assert [entry["EventKind"] for entry in server.requests[0].json] == ["Pod"] * 3
    assert json.loads(server.requests[0].body)


@pytest.mark.parametrize("status", (200, 201, 202, 204))
def test_any_2xx_is_a_success(sender: Open, server: FaultyServer, status: int) -> None:
    server.script(Answer(status))
    sender(f"webhook:{server.url}").send([item()])
    assert len(server.requests) == 1
