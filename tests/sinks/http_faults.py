"""The one table of what goes wrong with HTTP, and what every kind that speaks it must make of each fault.

A kind says in `tests/sinks/cases/NAME.py` how it is pointed at a server and what a good answer is, as `CASE`."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sinks.delivery import Broken, DeliveryError, Refused, TryAgain
from sinks.kinds import MODULES, kind_of
from sinks.reading import Written
from tests.sinks.servers.faulty import Answer, Answering, Request


class Taken(Exception):
    """Stands for no error: the delivery succeeded."""


Outcome = type[DeliveryError] | type[Taken]


@dataclass(frozen=True)
class Fault:
    name: str
    answer: Answer
    outcome: Outcome
    after_s: float | None = None


@dataclass(frozen=True)
class Case:
    """How the table is applied to a kind."""

    address: Callable[[str], Written]
    """The sink that leads to this base URL, as in http://127.0.0.1:40123. With a secret, if the kind has any."""
    good: Answering = field(default_factory=Answer)
    """What says that all is well, also to requests before the delivery itself."""
    counts: Callable[[Request], bool] = lambda request: True
    """Whether it is a delivery: faults happen to those only, not to a fetched token."""
    reads_answer: bool = False
    """Whether the body of a 2xx is looked at; then one that is not of the service is no success."""
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    """By the name of the fault, where the system documents something else."""


def _status(status: int, outcome: Outcome, after_s: float | None = None, **headers: str) -> Fault:
    name = f"{status}{' that says when' if after_s is not None else ''}"
    body = {"error": f"status {status}", "message": "something is wrong"}
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Fault(name, Answer(status, body, named), outcome, after_s)


FAULTS = (
    _status(429, TryAgain, 7.0, Retry_After="7"),
    _status(503, TryAgain, 2.0, Retry_After="2"),
    *(_status(status, TryAgain) for status in (408, 425, 429, 500, 502, 503, 504)),
    *(_status(status, Broken) for status in (401, 403, 404, 405, 410)),
    *(_status(status, Broken, Location="http://127.0.0.1:9/elsewhere") for status in (301, 302, 307)),
    *(_status(status, Refused) for status in (400, 413, 422)),
    Fault("a page of a proxy", Answer(502, "<html><body>Bad gateway</body></html>"), TryAgain),
    Fault("no answer", Answer(how="never"), TryAgain),
    Fault("an answer that trickles", Answer(how="slowly"), TryAgain),
    Fault("half an answer", Answer(200, {"said": "this breaks off somewhere"}, how="half"), TryAgain),
    Fault("a closed connection", Answer(how="closed"), TryAgain),
    Fault("a reset connection", Answer(how="reset"), TryAgain),
    Fault("something that is not HTTP", Answer(how="garbage"), TryAgain),
    Fault("a huge answer", Answer(200, b"x" * 2_000_000), TryAgain),
)

STRANGE = {
    "a page": "<html>Please log in</html>",
    "nothing": "",
    "half a JSON": '{"errcode": 0, "err',
    "null": "null",
    "a list": "[]",
    "a text": '"ok"',
    "a number": "1e999",
    "wrong types": '{"errcode": "x", "code": [], "status": {}, "items": 7, "errors": "no", "partialSuccess": 1}',
    "not UTF-8": b"\xff\xfe{\x00",
}
"""Bodies of a 200 that no service means. Whatever a kind makes of them, it is a DeliveryError or a success."""

NOT_JSON = ("a page", "half a JSON", "not UTF-8")


def case_of(kind: str) -> Case:
    if importlib.util.find_spec(f"tests.sinks.cases.{kind}") is None:
        raise AssertionError(
            f"{kind} goes over HTTP and has no case: add tests/sinks/cases/{kind}.py with CASE = Case(...)"
        )
    case: Case = importlib.import_module(f"tests.sinks.cases.{kind}").CASE
    return case


def kinds_over_http() -> list[str]:
    there = [name for name in MODULES if importlib.util.find_spec(f"sinks.kinds.{name}") is not None]
    return [name for name in there if kind_of(name).over_http]
