"""What the services of Alibaba Cloud share: keys, regions, signatures, and errors that carry a code."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from sinks.delivery import Broken, DeliveryError, Refused, TryAgain
from sinks.http import Http, retry_after
from sinks.kind import Option, boolean
from sinks.settings import SinkSettings

ERRORS = frozenset(range(400, 600))
"""Statuses whose answers are read for their code."""

KEYS: tuple[Option, ...] = (
    Option("regionId", "as in cn-hangzhou", env="RegionId"),
    Option("internal", "over the network inside of Alibaba Cloud; from elsewhere say false", boolean, True),
    Option(
        "accessKeyId", "an access key that may write there", required=True, secret=True, env="AccessKeyId"
    ),
    Option("accessKeySecret", "its secret", required=True, secret=True, env="AccessKeySecret"),
    Option("securityToken", "of temporary keys (STS)", secret=True, env="SecurityToken"),
)


def is_of_aliyun(url: str) -> bool:
    """Whether it names a service of the cloud, and no proxy before it."""
    return (urlsplit(url).hostname or "").endswith("aliyuncs.com")


def hmac_sha1(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def prefixed(headers: Mapping[str, str], *prefixes: str) -> list[str]:
    """`name:value` of the headers that are signed, by name."""
    lowered = {name.lower(): value.strip() for name, value in headers.items()}
    return [f"{name}:{lowered[name]}" for name in sorted(lowered) if name.startswith(prefixes)]


def checked(
    http: Http, settings: SinkSettings, response: httpx.Response, outcomes: Mapping[str, type[DeliveryError]]
) -> None:
    """Raises what an answer's code means (`outcomes`), or else its status. Nothing for a success."""
    if response.is_success:
        return
    said = _mapping_of(response)
    code = str(said.get("errorCode") or said.get("code") or "")
    outcome = outcome_of(code, outcomes)
    if outcome is None:
        raise http.failure(response)
    told = " ".join(str(said.get("errorMessage") or said.get("message") or "").split())
    text = settings.hide(f"answered {response.status_code} {code}: {told}"[:400])
    raise TryAgain(text, after_s=retry_after(response)) if outcome is TryAgain else outcome(text)


def outcome_of(code: str, outcomes: Mapping[str, type[DeliveryError]]) -> type[DeliveryError] | None:
    """The first whose key is part of the code: services put `Project` or `Shard` before the same word."""
    return next((outcome for part, outcome in outcomes.items() if part.lower() in code.lower()), None)


OUTCOMES: Mapping[str, type[DeliveryError]] = {
    "Quota": TryAgain,
    "Throttl": TryAgain,
    "LimitExceeded": TryAgain,
    "ServerBusy": TryAgain,
    "Unavailable": TryAgain,
    "Internal": TryAgain,
    "RequestTimeout": TryAgain,
    "NotExist": Broken,
    "NotFound": Broken,
    "Signature": Broken,
    "AccessKey": Broken,
    "SecurityToken": Broken,
    "Unauthorized": Broken,
    "Forbidden": Broken,
    "Denied": Broken,
    "TimeTooSkewed": Broken,
    "RequestTimeExpired": Broken,
    "Invalid": Refused,
    "TooLarge": Refused,
}


def _mapping_of(response: httpx.Response) -> Mapping[str, Any]:
    try:
        said = response.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def labels(given: Sequence[tuple[str, str]], settings: SinkSettings) -> dict[str, str]:
    """Those of the sink after those of the center."""
    return {str(name): str(value) for name, value in settings.surroundings.labels.items()} | dict(given)
