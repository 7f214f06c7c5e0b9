"""Does a center answer where it should listen, and is it ready?"""

from __future__ import annotations

from collections.abc import Iterator

import urllib3

from eventcenter.doctor.findings import Finding, fail, ok, warn
from eventcenter.settingtypes import Address

TIMEOUT = 3.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def check_center(listen: Address, *, locked: bool) -> Iterator[Finding]:
    """`locked`: a process holds the data directory, so that one should answer."""
    where = Address(_ANY.get(listen.host, listen.host), listen.port)
    with urllib3.PoolManager(retries=False, timeout=TIMEOUT) as http:
        try:
            answer = http.request("GET", f"http://{where}/readyz", redirect=False)
        except urllib3.exceptions.HTTPError as error:
            yield _silent(where, error, locked=locked)
            return
    body = " ".join(answer.data.decode("utf-8", "replace").split())[:500]
    if answer.status == 200:
        yield ok("center", f"a center answers on http://{where} and is ready")
    elif answer.status == 503:
        yield fail("center", f"the center on http://{where} is not ready: {body}", "See its log.")
    else:
        yield fail(
            "center",
            f"something on http://{where} answers {answer.status} to /readyz: that is no event center",
            "Choose another address with --listen.",
        )


def _silent(where: Address, error: Exception, *, locked: bool) -> Finding:
    if locked:
        return warn(
            "center",
            f"a center runs on this data directory, but http://{where} does not answer ({_why(error)})",
            "If it was started with another --listen, give doctor the same.",
        )
    return ok("center", f"no center runs on http://{where}; start one with `eventcenter run`")


def _why(error: Exception) -> str:
    """The innermost reason: urllib3 wraps `Connection refused` into names and addresses."""
    return " ".join(str(error).split()).rpartition(": ")[2] or type(error).__name__
