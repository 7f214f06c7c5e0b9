"""`dingtalk`: a robot in a DingTalk group, as kube-eventer's users have it, with its error codes taken seriously."""

from __future__ import annotations

import time
from typing import Any

from eventcenter.model import Event
from sinks.http import Http
from sinks.kind import Kind, Option, boolean, comma_list
from sinks.markdown import Line, LooseMarkdown, Span, Text, without_mentions
from sinks.messages import Message, cut_bytes
from sinks.robots import LABEL, Codes, delivery_id, json_within, msg_type, signature, written
from sinks.settings import SinkSettings

MAX_BYTES = 18_000
"""Of the text in the request, of which 20 KB are taken."""

CODES = Codes(
    field="errcode",
    said="errmsg",
    again=frozenset({-1, 88}),
    too_fast=frozenset({130101, 410100}),
    wait_s=600.0,  # a robot that was too fast is blocked for ten minutes
    broken=frozenset({310000, 300001, 300005, 33001, 40035, 400013, 400101, 400102, 400106}),
    hint="Look at the token, the secret (sign), the keyword (give it as label) and the list of addresses of the robot.",
)

_CONSOLE = "https://cs.console.aliyun.com/#/k8s"
_DETAIL = f"{_CONSOLE}/{{kind}}/detail/{{region}}/{{cluster}}/{{namespace}}/{{name}}"
_PLACES = {
    "Pod": f"{_CONSOLE}/pod/{{cluster}}/{{namespace}}/{{name}}/container",
    "Deployment": f"{_DETAIL}/pods",
    "StatefulSet": f"{_DETAIL}/pods",
    "DaemonSet": f"{_DETAIL}/pods",
    "CronJob": f"{_DETAIL}/jobs",
    "Service": _DETAIL,
}
"""Of Alibaba Cloud's console, by the kind of the object."""


class _Markdown(LooseMarkdown):
    end_of_line = "  \n"


class DingTalk:
    resolves = False

    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._http = Http(settings)

    def tell(self, message: Message) -> None:
        params = {"access_token": self._settings["access_token"]}
        if secret := self._settings["sign"]:
            now = str(int(time.time() * 1000))
            params |= {"timestamp": now, "sign": signature(secret, f"{now}\n{secret}")}
        answer = self._http.post(self._settings.url, params=params, json=self._body(message))
        CODES.judge(answer, self._settings.hide)

    def _body(self, message: Message) -> dict[str, Any]:
        asked = {"msgtype": self._settings["msg_type"], "msgUuid": delivery_id(message), "at": self._at()}
        mentions = "".join(f" @{who}" for who in (*self._settings["at_mobiles"], *self._settings["at_users"]))
        labels = self._settings["label"]
        fits = json_within(MAX_BYTES - len(mentions))
        if self._settings["msg_type"] == "text":
            content = written(message, Text(), fits, labels=labels, before=self._cluster(message), plain=True)
            return asked | {"text": {"content": content + mentions}}
        content = written(message, _Markdown(), fits, labels=labels, before=self._cluster(message))
        title = cut_bytes(without_mentions(message.title), 200)
        return asked | {"markdown": {"title": title, "text": content + mentions}}

    def _cluster(self, message: Message) -> tuple[Line, ...]:
        """Which cluster it is, for those who have said it, and the object in the cloud's console."""
        cluster, region = self._settings["cluster_id"], self._settings["region"]
        if not cluster:
            return ()
        url = console_url(message.event, cluster, region) if message.event is not None else ""
        return (Line((Span(f"{cluster} {f'({region})' if region else ''}".strip(), url=url),)),)

    def _at(self) -> dict[str, Any]:
        return {
            "atMobiles": list(self._settings["at_mobiles"]),
            "atUserIds": list(self._settings["at_users"]),
            "isAtAll": self._settings["at_all"],
        }

    def close(self) -> None:
        self._http.close()


def console_url(event: Event, cluster: str, region: str | None) -> str:
    """Where Alibaba Cloud's console shows the object; empty for kinds that it does not show."""
    place = _PLACES.get(event.kind, "")
    if "{region}" in place and not region:
        return ""
    return place.format(
        kind=event.kind.lower(), region=region, cluster=cluster, namespace=event.namespace, name=event.name
    )


KIND = Kind(
    name="dingtalk",
    summary="Messages of a robot in a DingTalk group, as text or Markdown, signed.",
    example="dingtalk:https://oapi.dingtalk.com/robot/send?access_token=TOKEN&label=prod&sign=SEC…",
    options=(
        Option(
            "access_token",
            "the robot's token, from the address that DingTalk shows",
            required=True,
            secret=True,
        ),
        Option("sign", "the robot's secret, where it asks for signatures", secret=True),
        LABEL,
        msg_type("text", "markdown"),
        Option("cluster_id", "the cluster's id in Container Service, to link to the console"),
        Option("region", "the cluster's region, as in cn-hangzhou"),
        Option("at_mobiles", "phone numbers of members to be called, comma-separated", comma_list, ()),
        Option("at_users", "ids of members to be called, comma-separated", comma_list, ()),
        Option("at_all", "call everybody in the group", boolean, False),
    ),
    messenger=DingTalk,
    default_level="Warning",
    over_http=True,
    per_minute=20,
    notes=("A robot that is too fast is blocked for ten minutes; messages wait so long and lose nothing.",),
)
