from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from eventcenter.errors import ConfigError
from sinks.delivery import Broken, DeliveryError, Refused, TryAgain
from sinks.kinds.sls import Sls
from tests.sinks.hosted.conftest import Open
from tests.sinks.made import NASTY, NOON, item, items, raw, settings
from tests.sinks.servers.faulty import Answer, FaultyServer

KEYS = "accessKeyId=ak-id&accessKeySecret=ak-secret"
PROTOCOL = """
name: "sls_server.proto" package: "sls" syntax: "proto2"
message_type { name: "Log"
  field { name: "Time" number: 1 label: LABEL_REQUIRED type: TYPE_UINT32 }
  field { name: "Contents" number: 2 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".sls.Log.Content" }
  field { name: "Time_ns" number: 4 label: LABEL_OPTIONAL type: TYPE_FIXED32 }
  nested_type { name: "Content"
    field { name: "Key" number: 1 label: LABEL_REQUIRED type: TYPE_STRING }
    field { name: "Value" number: 2 label: LABEL_REQUIRED type: TYPE_STRING } } }
message_type { name: "LogGroup"
  field { name: "Logs" number: 1 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: ".sls.Log" }
  field { name: "Reserved" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "Topic" number: 3 label: LABEL_OPTIONAL type: TYPE_STRING }
  field { name: "Source" number: 4 label: LABEL_OPTIONAL type: TYPE_STRING } }
"""


def log_group(body: bytes) -> Any:
    """By the published description of the protocol, apart from what the sink is made of."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(text_format.Parse(PROTOCOL, descriptor_pb2.FileDescriptorProto()))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("sls.LogGroup")).FromString(body)


def contents(log: Any) -> dict[str, str]:
    return {content.Key: content.Value for content in log.Contents}


def test_a_log_has_kube_eventers_fields(sender: Open, server: FaultyServer) -> None:
    uri = f"sls:{server.url}?project=shop&logStore=k8s-event&topic=dev&label=Key1,Value1&label=ClusterId,c1&{KEYS}"
    sender(uri, labels={"team": "shop"}).send(items(2))
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/logstores/k8s-event/shards/lb")
    group = log_group(request.body)
    assert group.Topic == "dev"
    assert [log.Time for log in group.Logs] == [NOON // 1000, NOON // 1000 + 1]
    found = contents(group.Logs[0])
    assert json.loads(found.pop("eventId")) == raw()
    assert found == {
        "hostname": "node-1",
        "level": "Warning",
        "pod_id": item().event.object_uid,
        "pod_name": "web-0",
        "team": "shop",
        "Key1": "Value1",
        "ClusterId": "c1",
    }


def test_only_pods_have_the_fields_of_pods(sender: Open, server: FaultyServer) -> None:
    sender(f"sls:{server.url}?project=shop&logStore=e&{KEYS}").send([item(kind="Node", last_time=NOON + 7)])
    (log,) = log_group(server.requests[0].body).Logs
    assert set(contents(log)) == {"eventId", "hostname", "level"}
    assert log.Time_ns == 7_000_000


@pytest.mark.parametrize("token", ["", "sts-token"])
def test_the_signature_is_what_the_service_computes(sender: Open, server: FaultyServer, token: str) -> None:
    extra = f"&securityToken={token}" if token else ""
    sender(f"sls:{server.url}?project=shop&logStore=e&{KEYS}{extra}").send([item()])
    (request,) = server.requests
    headers = request.headers
    assert headers["host"] == f"shop.{server.url.removeprefix('http://')}"
    assert headers["content-md5"] == hashlib.md5(request.body).hexdigest().upper()
    assert int(headers["x-log-bodyrawsize"]) == len(request.body)
    canonical = (
        f"POST\n{headers['content-md5']}\napplication/x-protobuf\n{headers['date']}\n"
        + (f"x-acs-security-token:{token}\n" if token else "")
        + f"x-log-apiversion:0.6.0\nx-log-bodyrawsize:{len(request.body)}\n"
        "x-log-signaturemethod:hmac-sha1\n/logstores/e/shards/lb"
    )
    digest = base64.b64encode(hmac.new(b"ak-secret", canonical.encode(), hashlib.sha1).digest()).decode()
    assert headers["authorization"] == f"LOG ak-id:{digest}"


@pytest.mark.parametrize("text", NASTY)
def test_any_text(sender: Open, server: FaultyServer, text: str) -> None:
    sender(f"sls:{server.url}?project=shop&logStore=e&{KEYS}").send([item(message=NASTY[text])])
    (log,) = log_group(server.requests[0].body).Logs
    assert json.loads(contents(log)["eventId"])["message"] == NASTY[text]


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (403, "WriteQuotaExceed", TryAgain),
        (403, "ShardWriteQuotaExceed", TryAgain),
        (403, "ProjectQuotaExceed", TryAgain),
        (500, "InternalServerError", TryAgain),
        (503, "ServerBusy", TryAgain),
        (404, "ProjectNotExist", Broken),
        (404, "LogStoreNotExist", Broken),
        (401, "Unauthorized", Broken),
        (403, "SignatureNotMatch", Broken),
        (400, "InvalidAccessKeyId", Broken),
        (400, "SecurityTokenExpired", Broken),
        (400, "RequestTimeTooSkewed", Broken),
        (400, "PostBodyInvalid", Refused),
        (400, "PostBodyTooLarge", Refused),
        (400, "SomethingNew", Refused),
    ],
)
def test_codes(
    sender: Open, server: FaultyServer, status: int, code: str, outcome: type[DeliveryError]
) -> None:
    server.script(Answer(status, {"errorCode": code, "errorMessage": "for ak-secret\nsomething"}))
    with pytest.raises(outcome) as caught:
        sender(f"sls:{server.url}?project=shop&logStore=e&{KEYS}").send([item()])
    assert type(caught.value) is outcome
    assert code in str(caught.value) and "ak-secret" not in str(caught.value)


LINE = "project=my_sls_project&logStore=my_store&topic=k8s-cluster-dev&label=Key1,Value1&label=Key2,Value2"
ENV = {"AccessKeyId": "id", "AccessKeySecret": "secret"}


@pytest.mark.parametrize(
    ("line", "env", "expected"),
    [
        (
            f"https://cn-hangzhou.log.aliyuncs.com?{LINE}&regionId=cn-hangzhou",
            {},
            "cn-hangzhou-intranet.log.aliyuncs.com",
        ),
        (
            f"https://cn-hangzhou-internal.log.aliyuncs.com?{LINE}&regionId=cn-hangzhou&internal=true",
            {},
            "cn-hangzhou-intranet.log.aliyuncs.com",
        ),
        (
            f"https://cn-hangzhou.log.aliyuncs.com?{LINE}&regionId=cn-hangzhou&internal=false",
            {},
            "cn-hangzhou.log.aliyuncs.com",
        ),
        (f"https://cn-hangzhou.log.aliyuncs.com?{LINE}", {}, "cn-hangzhou.log.aliyuncs.com"),
        (
            f"https://sls.aliyuncs.com?{LINE}",
            {"RegionId": "cn-beijing"},
            "cn-beijing-intranet.log.aliyuncs.com",
        ),
        (f"?{LINE}&regionId=cn-beijing", {"SLS_ENDPOINT": "my.endpoint:8443"}, "my.endpoint:8443"),
        (f"https://proxy.example.com?{LINE}&regionId=cn-beijing", {}, "proxy.example.com"),
    ],
)
def test_every_documented_line_works_unchanged(line: str, env: dict[str, str], expected: str) -> None:
    found = settings(f"sls:{line}", env=ENV | env)
    assert found["label"] == (("Key1", "Value1"), ("Key2", "Value2"))
    sink = Sls(found)
    assert sink._url == f"https://my_sls_project.{expected}/logstores/my_store/shards/lb"
    sink.close()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"?{LINE}", "the endpoint is missing"),
        ("https://cn-hangzhou.log.aliyuncs.com?project=p", "logStore is missing"),
        (f"https://cn-hangzhou.log.aliyuncs.com?{LINE}&label=nothing", "is not Key,Value"),
    ],
)
def test_settings_that_cannot_work(line: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Sls(settings(f"sls:{line}", env=ENV))


def test_keys_are_needed() -> None:
    with pytest.raises(ConfigError) as caught:
        settings(f"sls:https://cn-hangzhou.log.aliyuncs.com?{LINE}")
    assert "accessKeyId is missing" in str(caught.value) and "accessKeySecret is missing" in str(caught.value)
