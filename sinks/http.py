"""What goes out over HTTP: one client a sink, and one judgement of what an answer means for delivery."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from typing import Any

import httpx

from eventcenter.shapes import json_bytes
from sinks.delivery import Broken, DeliveryError, Refused, TryAgain
from sinks.guard import Guarded, Inside
from sinks.settings import SinkSettings

MAX_ANSWER = 1_000_000
"""Bytes of an answer that are read."""
AGAIN = frozenset({408, 409, 421, 423, 425, 429})
NOT_OURS = frozenset({401, 403, 404, 405, 407, 410, 501})
"""Statuses about the address or the rights: every event would get the same."""


class Http:
    """Requests of one sink. Every method raises DeliveryError with a line that holds no secret."""

    def __init__(
        self, settings: SinkSettings, *, verify: bool = True, auth: tuple[str, str] | None = None
    ) -> None:
        self._settings = settings
        guarded = settings.guarded
        self._client = httpx.Client(
            transport=Guarded(httpx.HTTPTransport(verify=verify, trust_env=False)) if guarded else None,
            verify=verify,
            trust_env=not guarded,  # proxies, as clusters behind one reach the world
            timeout=httpx.Timeout(settings.timeout_s, connect=min(10.0, settings.timeout_s)),
            follow_redirects=False,  # a redirect may lead anywhere, and no receiver of events needs one
            headers={"User-Agent": f"eventcenter/{settings.surroundings.version or 'dev'}"},
            auth=auth,
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes | str | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> httpx.Response:
        """The answer, read whole, when its status is 2xx or in `accept`."""
        until = time.monotonic() + self._settings.timeout_s
        if json is not None:  # events may hold halves of surrogate pairs, which httpx does not write
            content, headers = json_bytes(json), {"Content-Type": "application/json", **(headers or {})}
        try:
            with self._client.stream(
                method, url, content=content, headers=headers, params=params
            ) as response:
                _read(response, until)
        except Inside as error:
            raise Broken(f"{error}", hint="An operator can allow it in eventcenter.yaml.") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError) as error:
            raise Broken(f"the address cannot be used: {self._told(error)}") from None
        except httpx.HTTPError as error:
            raise TryAgain(f"{_place(url)} does not answer: {self._told(error)}") from None
        if response.is_success or response.status_code in accept:
            return response
        raise self.failure(response)

    def post(self, url: str, **arguments: Any) -> httpx.Response:
        return self.request("POST", url, **arguments)

    def failure(self, response: httpx.Response) -> DeliveryError:
        """What an answer that was no success means, judged by its status: for kinds that accept some to read them."""
        return judged(response.status_code, self._settings.hide(told(response)), retry_after(response))

    def _told(self, error: Exception) -> str:
        text = str(error) or type(error).__name__
        return self._settings.hide(" ".join(text.split()))[:300]

    def close(self) -> None:
        self._client.close()


def judged(status: int, said: str, after_s: float | None = None) -> DeliveryError:
    """What a status that is no success means for delivery; `said` is what the answer said, without secrets."""
    text = f"answered {status}{': ' + said if said else ''}"
    if (status >= 500 and status != 501) or status in AGAIN:
        return TryAgain(text, after_s=after_s)
    if status in NOT_OURS or 300 <= status < 400:
        return Broken(text, hint="Look at the address, the key and the rights.")
    return Refused(text)


def told(response: httpx.Response) -> str:
    """The beginning of an answer's text, on one line."""
    return " ".join(response.text.split())[:300]


def retry_after(response: httpx.Response) -> float | None:
    """Seconds that the answer asks to wait, at most an hour."""
    given = response.headers.get("Retry-After", "").strip()
    if not given:
        return None
    try:
        seconds = float(given)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(given).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), 3600.0) if seconds == seconds else None


def json_of(response: httpx.Response) -> Any:
    """TryAgain when the answer is no JSON: something else than the service answered."""
    try:
        return response.json()
    except ValueError:
        raise TryAgain(f"answered {response.status_code} with something that is not JSON") from None


def _read(response: httpx.Response, until: float) -> None:
    """The whole answer, unless it is huge or trickles: a receiver must not hold a sink by talking slowly."""
    kept = bytearray()
    for piece in response.iter_bytes():
        kept += piece
        if len(kept) > MAX_ANSWER:
            raise httpx.ReadError("the answer is larger than 1 MB")
        if time.monotonic() > until:
            raise httpx.ReadTimeout("the answer takes too long")
    response._content = bytes(kept)


def _place(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "the address"
    return parsed.netloc.decode("ascii", "replace")
