"""`eventbridge`: a CloudEvent for each event on an event bus of Alibaba Cloud."""

from __future__ import annotations

import email.utils
import re
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from eventcenter.errors import ConfigError
from eventcenter.model import Event
from eventcenter.shapes import rfc3339
from sinks import aliyun
from sinks.delivery import Broken, Item, PartlyTaken, TryAgain
from sinks.http import Http, json_of
from sinks.kind import Kind, Option, Url
from sinks.settings import SinkSettings
from sinks.texts import json_text

PATH = "/openapi/putEvents"
_HOST = re.compile(r"([^.]+)\.eventbridge\.([a-z0-9-]+?)(?:-vpc)?\.aliyuncs\.com")


class EventBridge:
    def __init__(self, settings: SinkSettings) -> None:
        self._settings = settings
        self._http = Http(settings)
        found = _HOST.fullmatch(urlsplit(settings.url).hostname or "")
        self._account = settings["accountId"] or (found[1] if found else "")
        self._region = settings["regionId"] or (found[2] if found else "")
        self._url = self._endpoint() + PATH

    def send(self, items: Sequence[Item]) -> None:
        body = json_text([self._cloud_event(item) for item in items])
        response = self._http.post(self._url, content=body, headers=self._signed(), accept=aliyun.ERRORS)
        aliyun.checked(self._http, self._settings, response, aliyun.OUTCOMES)
        answer = json_of(response)
        if not isinstance(answer, dict) or not isinstance(answer.get("entryList"), list):
            raise TryAgain("answered with something that is not a list of entries")
        self._judge(answer["entryList"], len(items))

    def _cloud_event(self, item: Item) -> dict[str, Any]:
        event = item.event
        return {
            "specversion": "1.0",
            "id": item.key,
            "source": self._settings["source"],
            "type": f"cs:k8s:{event.kind}RelatedEvent" if event.kind else "cs:k8s:UnknownTypeEvent",
            "subject": self._subject(event),
            "time": rfc3339(event.last_time),
            "datacontenttype": "application/json",
            "aliyuneventbusname": self._settings["eventBusName"],
            "data": item.raw,
        }

    def _subject(self, event: Event) -> str:
        version = event.api_version
        if "." in version and "/" not in version:
            version += "/versionUnknown"
        return (
            f"acs:cs:{self._region}:{self._account}:{self._settings['clusterId']}"
            f"/apis/{version}/namespaces/{event.namespace}/{plural(event.kind)}/{event.name}"
        )

    def _signed(self) -> dict[str, str]:
        given = self._settings
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/cloudevents-batch+json; charset=utf-8",
            "Date": email.utils.formatdate(usegmt=True),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-signature-method": "HMAC-SHA1",
            "x-acs-signature-version": "1.0",
            "x-eventbridge-version": "2015-06-06",
        }
        if given["securityToken"]:
            headers |= {
                "x-acs-accesskey-id": given["accessKeyId"],
                "x-acs-security-token": given["securityToken"],
            }
        signature = aliyun.hmac_sha1(given["accessKeySecret"], to_sign(headers))
        return headers | {"Authorization": f"acs:{given['accessKeyId']}:{signature}"}

    def _judge(self, entries: list[Any], count: int) -> None:
        refused: dict[int, str] = {}
        again: list[int] = []
        for index, entry in enumerate(entries[:count]):
            code = str(entry.get("errorCode") or "") if isinstance(entry, dict) else ""
            if not code:
                continue
            text = self._settings.hide(" ".join(f"{code}: {entry.get('errorMessage')}".split())[:300])
            outcome = aliyun.outcome_of(code, aliyun.OUTCOMES)
            if outcome is Broken:
                raise Broken(text)
            if outcome is TryAgain:
                again.append(index)
            else:
                refused[index] = text
        again += range(len(entries), count)
        if refused or again:
            raise PartlyTaken(refused, again)

    def _endpoint(self) -> str:
        """As kube-eventer makes it, of account and region; the URL where it leads to something else than the cloud."""
        given = self._settings.url.rstrip("/")
        if given and not aliyun.is_of_aliyun(given):
            return given
        if not self._account or not self._region:
            raise ConfigError(
                "the account or the region is missing: say accountId and regionId, or the URL as in "
                "eventbridge:https://ACCOUNT.eventbridge.cn-hangzhou.aliyuncs.com"
            )
        inside = "-vpc" if self._settings["internal"] else ""
        return f"https://{self._account}.eventbridge.{self._region}{inside}.aliyuncs.com"

    def close(self) -> None:
        self._http.close()


def to_sign(headers: dict[str, str]) -> str:
    lines = ["POST", "", headers["Content-Type"], headers["Date"]]
    return "\n".join([*lines, *aliyun.prefixed(headers, "x-acs"), PATH])


def plural(kind: str) -> str:
    """The resource of a kind, guessed as Kubernetes' clients guess it."""
    name = kind.lower()
    if not name or name.endswith("endpoints"):
        return name
    if name.endswith("s"):
        return f"{name}es"
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


KIND = Kind(
    name="eventbridge",
    summary="A CloudEvent for each event on an event bus of Alibaba Cloud.",
    example="eventbridge:https://ACCOUNT.eventbridge.cn-hangzhou.aliyuncs.com?regionId=cn-hangzhou&clusterId=c123",
    options=(
        Option("clusterId", "in the subject of every event", required=True, env="ClusterId"),
        *aliyun.KEYS,
        Option("accountId", "whose bus it is; else of the URL", env="OwnerAccountId"),
        Option("eventBusName", "the bus", default="default", env="EventBusName"),
        Option("source", "of every event", default="acs.cs"),
    ),
    open=EventBridge,
    url=Url.OPTIONAL,
    batch=4,
    over_http=True,
    notes=("Types are cs:k8s:PodRelatedEvent, cs:k8s:NodeRelatedEvent and so on, with the Event as data.",),
)
