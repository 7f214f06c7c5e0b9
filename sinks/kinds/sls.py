"""`sls`: a log for each event in a Logstore of Alibaba Cloud's Log Service, with kube-eventer's fields."""

from __future__ import annotations

import email.utils
import hashlib
import ipaddress
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from eventcenter.errors import ConfigError
from sinks import aliyun
from sinks.delivery import Item
from sinks.http import Http
from sinks.kind import Kind, Option, Url
from sinks.protobuf import message_classes
from sinks.settings import SinkSettings
from sinks.texts import json_text, whole

_MESSAGES = {
    "Content": {"Key": (1, "required string"), "Value": (2, "required string")},
    "Log": {
        "Time": (1, "required uint32"),
        "Contents": (2, "repeated Content"),
        "Time_ns": (4, "fixed32"),
    },
    "LogGroup": {"Logs": (1, "repeated Log"), "Topic": (3, "string"), "Source": (4, "string")},
}
_LATEST = 2**32 - 1


class Sls:
    def __init__(self, settings: SinkSettings) -> None:
        self._group = message_classes("sls", _MESSAGES)["LogGroup"]
        self._settings = settings
        self._http = Http(settings)
        self._labels = aliyun.labels(settings["label"], settings)
        endpoint = _endpoint(settings)
        scheme, host = endpoint.scheme, endpoint.netloc
        self._host = f"{settings['project']}.{host}"
        self._path = f"/logstores/{quote(settings['logStore'], safe='')}/shards/lb"
        # A project is part of the host's name, and goes into the header alone where there is no name but a number.
        self._url = f"{scheme}://{host if _is_number(endpoint.hostname) else self._host}{self._path}"

    def send(self, items: Sequence[Item]) -> None:
        body = self._encoded(items)
        headers = self._signed(body)
        response = self._http.post(self._url, content=body, headers=headers, accept=aliyun.ERRORS)
        aliyun.checked(self._http, self._settings, response, aliyun.OUTCOMES)

    def _encoded(self, items: Sequence[Item]) -> bytes:
        group = self._group(Topic=whole(self._settings["topic"]))
        for item in items:
            time = max(item.event.last_time, 0)
            log = group.Logs.add(Time=min(time // 1000, _LATEST))
            if time % 1000:
                log.Time_ns = time % 1000 * 1_000_000
            for key, value in self._fields(item).items():
                log.Contents.add(Key=whole(key), Value=whole(value))
        encoded: bytes = group.SerializeToString()
        return encoded

    def _fields(self, item: Item) -> dict[str, str]:
        event = item.event
        found = {"eventId": json_text(item.raw).decode(), "hostname": event.hostname, "level": event.level}
        if event.kind == "Pod":
            found |= {"pod_id": event.object_uid, "pod_name": event.name}
        return found | self._labels

    def _signed(self, body: bytes) -> dict[str, str]:
        given = self._settings
        headers = {
            "Host": self._host,
            "Content-Type": "application/x-protobuf",
            "Content-MD5": hashlib.md5(body, usedforsecurity=False).hexdigest().upper(),
            "Date": email.utils.formatdate(usegmt=True),
            "x-log-apiversion": "0.6.0",
            "x-log-bodyrawsize": str(len(body)),
            "x-log-signaturemethod": "hmac-sha1",
        }
        if given["securityToken"]:
            headers["x-acs-security-token"] = given["securityToken"]
        signature = aliyun.hmac_sha1(given["accessKeySecret"], to_sign(self._path, headers))
        return headers | {"Authorization": f"LOG {given['accessKeyId']}:{signature}"}

    def close(self) -> None:
        self._http.close()


def to_sign(path: str, headers: dict[str, str]) -> str:
    """What the first version of the service's signature is made of."""
    lines = ["POST", headers["Content-MD5"], headers["Content-Type"], headers["Date"]]
    return "\n".join([*lines, *aliyun.prefixed(headers, "x-log-", "x-acs-"), path])


def _endpoint(settings: SinkSettings) -> Any:
    """As kube-eventer chooses it: with a region, the cloud's endpoint of that region, inside or outside; the URL counts
    where there is no region, or where it leads to something else than the cloud."""
    given = settings["endpoint"] or settings.url
    region = settings["regionId"]
    if not settings["endpoint"] and region and (not given or aliyun.is_of_aliyun(given)):
        given = f"https://{region}{'-intranet' if settings['internal'] else ''}.log.aliyuncs.com"
    if given and "://" not in given:
        given = f"https://{given}"
    parts = urlsplit(given)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ConfigError(
            "the endpoint is missing: say regionId, or the URL as in sls:https://cn-hangzhou.log.aliyuncs.com"
        )
    return parts


def _is_number(host: str | None) -> bool:
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return host == "localhost"
    return True


def label(given: str) -> tuple[str, str]:
    name, comma, value = given.partition(",")
    if not name.strip() or not comma:
        raise ValueError("is not Key,Value")
    return name.strip(), value.strip()


KIND = Kind(
    name="sls",
    summary="A log for each event in a Logstore of Alibaba Cloud.",
    example="sls:https://cn-hangzhou.log.aliyuncs.com?project=my-project&logStore=k8s-event&regionId=cn-hangzhou",
    options=(
        Option("project", "of the Log Service", required=True),
        Option("logStore", "in it", required=True),
        *aliyun.KEYS,
        Option("topic", "of every log", default=""),
        Option("label", "a further field, Key,Value", label, (), many=True),
        Option("endpoint", "in place of that of the region", env="SLS_ENDPOINT"),
    ),
    open=Sls,
    url=Url.OPTIONAL,
    modules=("google.protobuf",),
    extra="sls",
    batch=500,
    over_http=True,
    notes=("Keys come from the options or the environment; roles of machines are not asked.",),
)
