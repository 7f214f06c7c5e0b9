"""Every `--sink` line of kube-eventer's documentation for these sinks, and every option of its source, as they are."""

from __future__ import annotations

import pytest

from sinks.configuring import problems
from sinks.settings import SinkSettings
from tests.sinks.made import settings

LINES = {
    "mysql:?root:transwarp@tcp(172.16.180.132:3306)/kube_eventer?charset=utf8&table=kube_event": {
        "table": "kube_event",
        "password": "transwarp",
    },
    "mysql:?root:transwarp@tcp(172.16.180.132:3306)/kube_eventer?charset=utf8": {"table": "kube_event"},
    "mongo:?mongodb://root:123456@mongo-replset-0-0.dba-c1.example.com:30694,"
    "mongo-replset-0-1.dba-c1.example.com:32761,"
    "mongo-replset-0-2.dba-c1.example.com:31958/?authSource=admin": {
        "database": "k8s",
        "collection": "event",
    },
    "influxdb:http://monitoring-influxdb:80/": {
        "user": "root",
        "pw": "root",
        "db": "k8s",
        "withfields": False,
        "cluster_name": "default",
        "insecuressl": False,
    },
    "influxdb:https://h:8086?user=u&pw=secret-1&db=d&insecuressl=true&withfields=true&cluster_name=c"
    "&retention=7d&disable_counter_metrics=true&concurrency=2": {
        "user": "u",
        "db": "d",
        "withfields": True,
        "cluster_name": "c",
        "insecuressl": True,
    },
    "influxdb:": {"db": "k8s"},
    "elasticsearch:?nodes=http://foo.com:9200&nodes=http://bar.com:9200": {
        "nodes": ("http://foo.com:9200", "http://bar.com:9200"),
        "index": "heapster",
        "cluster_name": "default",
    },
    "elasticsearch:http://elasticsearch.example.com:9200?sniff=false&ver=6": {"ver": "6"},
    "elasticsearch:http://dummy?nodes=http://foo.com:9200&index=events&esUserName=u&esUserSecret=secret-1"
    "&maxRetries=3&healthCheck=0&sniff=false&startupHealthcheckTimeout=1&ver=7&bulkWorkers=5&cluster_name=c"
    "&pipeline=p": {
        "nodes": ("http://foo.com:9200",),
        "index": "events",
        "esUserName": "u",
        "pipeline": "p",
    },
}


@pytest.mark.parametrize("line", LINES)
def test_works_unchanged(line: str) -> None:
    assert not problems([line])
    found: SinkSettings = settings(line)
    for name, value in LINES[line].items():
        assert found[name] == value, name
    for secret in ("transwarp", "123456", "secret-1"):
        assert secret not in found.shown_whole
    assert found.filter.tests == ()  # all events, as there
