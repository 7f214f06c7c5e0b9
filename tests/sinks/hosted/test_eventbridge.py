from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from eventcenter.errors import ConfigError
from sinks.aliyun import hmac_sha1
from sinks.delivery import Broken, DeliveryError, PartlyTaken, Refused, TryAgain
from sinks.kinds.eventbridge import EventBridge, plural
from tests.sinks.cases.eventbridge import accepted
from tests.sinks.hosted.conftest import Open
from tests.sinks.made import item, items, raw, settings
from tests.sinks.servers.faulty import Answer, FaultyServer

OPTIONS = "regionId=cn-hangzhou&accountId=123&clusterId=c1&accessKeyId=ak-id&accessKeySecret=ak-secret"


def test_a_cloud_event(sender: Open, server: FaultyServer) -> None:
    server.usual = accepted
    sender(f"eventbridge:{server.url}?{OPTIONS}").send(items(4))
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/openapi/putEvents")
    assert request.headers["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert len(request.json) == 4
    assert request.json[0] == {
        "specversion": "1.0",
        "id": item().key,
        "source": "acs.cs",
        "type": "cs:k8s:PodRelatedEvent",
        "subject": "acs:cs:cn-hangzhou:123:c1/apis/v1/namespaces/shop/pods/web-0",
        "time": "2025-12-25T12:00:00Z",
        "datacontenttype": "application/json",
        "aliyuneventbusname": "default",
        "data": raw(),
    }


def test_four_at_once_as_kube_eventer() -> None:
    assert settings(f"eventbridge:http://127.0.0.1?{OPTIONS}").batch == 4


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Node", "cs:k8s:NodeRelatedEvent"), ("", "cs:k8s:UnknownTypeEvent")],
)
def test_types(sender: Open, server: FaultyServer, kind: str, expected: str) -> None:
    server.usual = accepted
    sender(f"eventbridge:{server.url}?{OPTIONS}&source=my.source&eventBusName=bus").send([item(kind=kind)])
    (event,) = server.requests[0].json
    assert (event["type"], event["source"], event["aliyuneventbusname"]) == (expected, "my.source", "bus")


@pytest.mark.parametrize("token", ["", "sts-token"])
def test_the_signature_is_what_the_service_computes(sender: Open, server: FaultyServer, token: str) -> None:
    server.usual = accepted
    sender(f"eventbridge:{server.url}?{OPTIONS}{'&securityToken=' + token if token else ''}").send([item()])
    headers = server.requests[0].headers
    signed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-acs"))
    assert ("x-acs-security-token" in signed) == bool(token)
    text = f"POST\n\n{headers['content-type']}\n{headers['date']}\n{signed}/openapi/putEvents"
    digest = base64.b64encode(hmac.new(b"ak-secret", text.encode(), hashlib.sha1).digest()).decode()
    assert headers["authorization"] == f"acs:ak-id:{digest}"


def test_a_published_signature() -> None:
    """The one that the tests of the service's own client libraries hold."""
    assert hmac_sha1("secret", "GET\n\n\n\n") == "Mzu+31oD5IDdv3WFBNIi4Y7JZto="


def test_every_entry_is_judged_by_itself(sender: Open, server: FaultyServer) -> None:
    server.usual = Answer(
        200,
        {
            "requestId": "r",
            "failedEntryCount": 2,
            "entryList": [
                {"eventId": "1"},
                {"eventId": "2", "errorCode": "InvalidArgument", "errorMessage": "no\ntype"},
                {"eventId": "3", "errorCode": "Throttled", "errorMessage": "slower"},
            ],
        },
    )
    with pytest.raises(PartlyTaken) as caught:
        sender(f"eventbridge:{server.url}?{OPTIONS}").send(items(4))
    assert caught.value.refused == {1: "InvalidArgument: no type"}
    assert caught.value.again == [2, 3]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(409, {"code": "EventBusNotExist", "message": "no bus"}), Broken),
        (Answer(403, {"code": "SignatureDoesNotMatch", "message": ""}), Broken),
        (Answer(403, {"code": "AccessDenied", "message": ""}), Broken),
        (Answer(400, {"code": "InvalidCloudEvent", "message": ""}), Refused),
        (Answer(400, {"code": "Throttling.User", "message": ""}), TryAgain),
        (Answer(200, {"entryList": [{"errorCode": "EventBusNotExist"}]}), Broken),
        (Answer(200, {"entryList": 7}), TryAgain),
    ],
)
def test_codes(sender: Open, server: FaultyServer, answer: Any, outcome: type[DeliveryError]) -> None:
    server.usual = answer
    with pytest.raises(outcome) as caught:
        sender(f"eventbridge:{server.url}?{OPTIONS}").send([item()])
    assert type(caught.value) is outcome


@pytest.mark.parametrize(
    ("line", "env", "host"),
    [
        (
            "https://123.eventbridge.cn-hangzhou.aliyuncs.com?regionId=cn-hangzhou",
            {},
            "123.eventbridge.cn-hangzhou-vpc.aliyuncs.com",
        ),
        (
            "https://123.eventbridge.cn-hangzhou.aliyuncs.com?internal=false",
            {},
            "123.eventbridge.cn-hangzhou.aliyuncs.com",
        ),
        (
            "?internal=false",
            {"OwnerAccountId": "9", "RegionId": "cn-beijing"},
            "9.eventbridge.cn-beijing.aliyuncs.com",
        ),
        ("https://proxy.example.com/eb", {}, "proxy.example.com/eb"),
    ],
)
def test_lines_of_kube_eventer_work_unchanged(line: str, env: dict[str, str], host: str) -> None:
    keys = {"AccessKeyId": "id", "AccessKeySecret": "secret", "ClusterId": "c1"}
    sink = EventBridge(settings(f"eventbridge:{line}", env=keys | env))
    assert sink._url == f"https://{host}/openapi/putEvents"
    sink.close()


def test_account_and_region_are_needed() -> None:
    line = "eventbridge:?clusterId=c&accessKeyId=a&accessKeySecret=b"
    with pytest.raises(ConfigError, match="account or the region is missing"):
        EventBridge(settings(line))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Pod", "pods"),
        ("NetworkPolicy", "networkpolicies"),
        ("Ingress", "ingresses"),
        ("Endpoints", "endpoints"),
        ("", ""),
    ],
)
def test_resources(kind: str, expected: str) -> None:
    assert plural(kind) == expected
