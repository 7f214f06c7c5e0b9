"""Every `--sink` line that kube-eventer's documents show is taken as it stands, slips included.

Of its docs/en and docs/cn; tokens are shortened. What each sends is tested with its kind."""

from __future__ import annotations

from typing import Any

import pytest

from sinks.configuring import configure

ROBOT = "https://oapi.dingtalk.com/robot/send"
LINES: list[tuple[str, dict[str, Any]]] = [
    ("log", {}),
    (f"dingtalk:{ROBOT}?access_token=a5c19f3e&label=c550367c&level=Normal&sign=SEC4801eba", {"level": "Normal"}),
    (f"dingtalk:{ROBOT}&label=my-cluster&level=Warning&access_token=a5c19f3e", {"label": ("my-cluster",)}),
    (
        f"dingtalk:{ROBOT}?access_token=a5c1&label=c550&level=Normal&msg_type=markdown&cluster_id=c550&region",
        {"msg_type": "markdown"},
    ),
    (
        f"dingtalk:{ROBOT}?access_token=a5c1&label=c550&namespaces=a,b&kinds=Pod,Node",
        {"namespaces": ("a", "b"), "kinds": ("Pod", "Node"), "level": "Warning"},
    ),
    ("wechat:?corp_id=a5c1&corp_secret=a212&agent_id=1000012&to_user=&level=Normal", {"to_user": ("@all",)}),
    ("wechat:?corp_id=a5c1&corp_secret=a212&agent_id=1000012&to_user=zhangshan,xiaowang&level=Normal", {}),
    (
        f"webhook:{ROBOT}?access_token=a5c1&level=Normal&namespaces=a,b&kinds=c,d"
        "&header=contentType=customContentType&header=customHeaderKey=customHeaderValue",
        {"header": (("contentType", "customContentType"), ("customHeaderKey", "customHeaderValue"))},
    ),
    (
        "webhook:https://hooks.slack.com/services/d/B00000000/XXX?&level=Normal&kinds=Pod"
        "&header=Content-Type=application/json&custom_body_configmap=custom-body"
        "&custom_body_configmap_namespace=kube-system&method=POST",
        {"method": "POST", "custom_body_configmap": "custom-body"},
    ),
    (
        "webhook:https://hook.bearychat.com/=bwIsS/incoming/xxxxxx?&level=Normal&kinds=Pod&method=POST",
        {"kinds": ("Pod",)},
    ),
    (
        "webhook:http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=633a31f6&level=Normal&kinds=Pod&method=POST",
        {"level": "Normal"},
    ),
    ("webhook:https://open.feishu.cn/open-apis/bot/hook/xxxxxxxx?level=Warning&method=POST", {"level": "Warning"}),
    (
        "sls:https://cn-hangzhou.log.aliyuncs.com?project=my_sls_project&logStore=my_store&topic=k8s-cluster-dev"
        "&regionId=cn-hangzhou&internal=true&label=Key1,Value1&label=Key2,Value2&accessKeyId=a&accessKeySecret=b",
        {"project": "my_sls_project", "topic": "k8s-cluster-dev"},
    ),
    ("elasticsearch:?nodes=http://foo.com:9200&nodes=http://bar.com:9200", {"index": "heapster"}),
    ("elasticsearch:http://elasticsearch.example.com:9200?sniff=false&ver=6", {}),
    ("kafka:?brokers=localhost:9092&brokers=localhost:9093&eventstopic=testtopic", {"eventstopic": "testtopic"}),
    ("kafka:?brokers=localhost:9092&brokers=localhost:9093&timeseriestopic=testseries", {}),
    (
        "mysql:?root:transwarp@tcp(172.16.180.132:3306)/kube_eventer?charset=utf8&table=kube_event",
        {"table": "kube_event"},
    ),
    ("mysql:?root:transwarp@tcp(172.16.180.132:3306)/kube_eventer?charset=utf8", {"table": "kube_event"}),
    (
        "mongo:?mongodb://root:123456@mongo-0.example.com:30694,mongo-1.example.com:32761,mongo-2.example.com:31958"
        "/?authSource=admin",
        {},
    ),
    ("influxdb:http://monitoring-influxdb:80/", {"db": "k8s", "user": "root", "withfields": False}),
    ("honeycomb:?dataset=mydataset&writekey=secretwritekey", {"dataset": "mydataset"}),
    ("riemann:http://localhost:5555?ttl=120&state=ok&tags=foobar&batchsize=150", {}),
    (
        "eventbridge:https://1234567890.eventbridge.cn-hangzhou.aliyuncs.com?regionId=cn-hangzhou&clusterId=c1"
        "&accessKeyId=a&accessKeySecret=b",
        {},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "means"), LINES, ids=[line.partition("?")[0] for line, _ in LINES])
def test_a_documented_line_is_taken(line: str, means: dict[str, Any]) -> None:
    (sink,) = configure([line], env={})
    assert sink.kind.name == line.partition(":")[0]
    for option, value in means.items():
        assert sink[option] == value, option


def test_all_of_them_together() -> None:
    names = [sink.name for sink in configure([line for line, _ in LINES], env={})]
    assert len(set(names)) == len(LINES)


def test_none_shows_a_secret() -> None:
    for line, _ in LINES:
        (sink,) = configure([line], env={})
        for secret in (
            "a5c19f3e",
            "SEC4801eba",
            "transwarp",
            "123456@",
            "secretwritekey",
            "B00000000",
            "633a31f6",
        ):
            assert secret not in sink.shown_whole, line
