"""What the API server's refusals and the network's failures mean, each as one clear line."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.client import IncompleteRead
from typing import Any

from eventcenter.errors import ClusterError, Forbidden, Gone

LONGEST_RETRY_AFTER = 300.0
_USER = re.compile(r'User "([^"]*)"')
_RESTART_LIST = frozenset({"Expired", "Gone"})


class Unauthorized(Forbidden):
    """401: the credentials themselves are refused; fresh ones may help."""


class HttpFailure(ClusterError):
    """Any other refusal. `retry_after`: the seconds that the server asks to wait."""

    def __init__(
        self, message: str, *, hint: str = "", status: int, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retry_after = retry_after


class Cut(ClusterError):
    """A response ended in the middle."""


def failure(
    status: int,
    headers: Mapping[str, str],
    body: Any,
    *,
    verb: str,
    namespace: str | None,
    resource: str = "events",
) -> ClusterError:
    """The error of an HTTP answer that is not 200, or of an ERROR object inside a watch."""
    told = body if isinstance(body, dict) else {}
    message = _line(told.get("message") or told.get("reason") or "no explanation")
    if status == 410 or told.get("reason") in _RESTART_LIST:
        return Gone(f"410: {message}")
    if status == 401:
        return Unauthorized(
            f"401: the credentials were refused for `{verb}` of `{resource}`: renew the token or certificate"
        )
    if status == 403:
        return _forbidden(message, verb, resource, namespace)
    return HttpFailure(
        f"{status}: the API server refused `{verb}` of `{resource}`: {message}",
        status=status,
        retry_after=_retry_after(headers.get("Retry-After")),
    )


def _forbidden(message: str, verb: str, resource: str, namespace: str | None) -> Forbidden:
    user = _USER.search(message)
    who = f"user {user[1]}" if user else "this user"
    where = f"in namespace {namespace}" if namespace else "in all namespaces"
    return Forbidden(
        f"403: {who} may not `{verb}` `{resource}` {where}: grant list and watch on {resource}, see deploy/"
    )


def unreachable(error: BaseException, host: str) -> ClusterError:
    """The error of a request that got no answer."""
    return ClusterError(f"cannot reach {host}: {reason(error)}")


def reason(error: BaseException) -> str:
    """The innermost explanation: urllib3 wraps what the system said up to three times."""
    text = _line(error)
    if any(isinstance(part, IncompleteRead) for part in (error, *error.args)):
        return "the answer ended in the middle"
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"certificate verify failed: {_line(seen.verify_message)}"
        if isinstance(seen, ssl.SSLError):
            return f"TLS failed: {_line(seen.reason or seen)}"
        if isinstance(seen, OSError) and seen.strerror:
            text = _line(seen.strerror)
        inner = next((arg for arg in seen.args if isinstance(arg, BaseException)), None)
        seen = inner or seen.__cause__ or seen.__context__
    return text


def _line(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 300 else text[:299] + "…"


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date; a wild one is cut to five minutes."""
    if not value:
        return None
    try:
        seconds = float(value) if value.strip().isdecimal() else _until(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _until(date: str) -> float:
    return parsedate_to_datetime(date).timestamp() - time.time()
