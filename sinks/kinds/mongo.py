"""`mongo`: a document for every change in MongoDB, with kube-eventer's fields. The key of the change is its `_id`, so
that what is sent again is there only once."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eventcenter.errors import ConfigError
from eventcenter.shapes import moment
from sinks import address
from sinks.delivery import Broken, DeliveryError, Item, PartlyTaken, Refused, TryAgain
from sinks.kind import Kind, Option, Url, text
from sinks.settings import SinkSettings
from sinks.texts import whole

if TYPE_CHECKING:
    from pymongo import MongoClient

log = logging.getLogger(__name__)

DUPLICATE = 11000
MENDABLE = frozenset({13, 18, 20, 26, 33, 72, 73, 166, 8000, 13435})
"""Rights, accounts, names, options."""
AGAIN = frozenset(
    {6, 7, 50, 64, 89, 91, 112, 189, 202, 262, 317, 358, 9001, 10107, 11600, 11602, 13388, 13436, 14031}
)
"""Fail-over, write concern, disk full, time limits."""

POISON = frozenset({2, 22, 121, 10334, 17280, 17419, 17420})
"""Values that it cannot hold."""


class Mongo:
    def __init__(self, settings: SinkSettings) -> None:
        from pymongo import MongoClient

        self._settings = settings
        milliseconds = max(1, round(settings.timeout_s * 1000))
        with _no_option_ignored(settings):
            self._client: MongoClient[dict[str, Any]] = MongoClient(
                settings.url,
                connect=False,
                appname="eventcenter",
                tz_aware=True,
                timeoutMS=milliseconds,
                serverSelectionTimeoutMS=milliseconds,
                connectTimeoutMS=min(10_000, milliseconds),
                socketTimeoutMS=milliseconds,
            )
        self._events = self._client[settings["database"]][settings["collection"]]

    def send(self, items: Sequence[Item]) -> None:
        from bson.errors import BSONError
        from pymongo import errors

        documents = [document(item) for item in items]
        try:
            self._events.insert_many(documents, ordered=False)
        except errors.BulkWriteError as error:
            self._partly(items, error.details or {})
        except (errors.DocumentTooLarge, BSONError, OverflowError) as error:
            raise Refused(f"MongoDB cannot hold it: {self._told(error)}") from None
        except Exception as error:  # the client raises anything for an answer that it cannot read
            raise self._judged(error) from None

    def _judged(self, error: Exception) -> DeliveryError:
        from pymongo import errors

        code = getattr(error, "code", None)
        told = self._told(error)
        if isinstance(error, errors.ConfigurationError | errors.InvalidURI):
            return Broken(f"MongoDB cannot be used as it is set up: {told}")
        if isinstance(error, errors.OperationFailure) and code in MENDABLE:
            return Broken(
                f"MongoDB refuses the sink: {told}", hint="Look at user, password, authSource and rights."
            )
        if code in POISON:
            return Refused(f"MongoDB refuses it: {told}")
        return TryAgain(f"MongoDB does not take them: {told}")

    def _partly(self, items: Sequence[Item], details: Mapping[str, Any]) -> None:
        """What became of each. That one is there already is no failure."""
        refused: dict[int, str] = {}
        again: list[int] = []
        for problem in details.get("writeErrors") or []:
            code, index = problem.get("code"), problem.get("index")
            said = self._settings.hide(" ".join(str(problem.get("errmsg", "")).split()))[:300]
            if code == DUPLICATE and _about_id(problem):
                continue
            if code in MENDABLE:
                raise Broken(f"MongoDB refuses the sink: {said} ({code})")
            if not isinstance(index, int) or not 0 <= index < len(items):
                raise TryAgain(f"MongoDB does not take them: {said} ({code})")
            if code in AGAIN:
                again.append(index)
            else:
                refused[index] = f"MongoDB refuses it: {said} ({code})"
        if details.get("writeConcernErrors"):
            said = self._settings.hide(str(details["writeConcernErrors"][0].get("errmsg", "")))[:300]
            again = [index for index in range(len(items)) if index not in refused]
            if not refused:
                raise TryAgain(f"MongoDB has not written them for good: {said}")
        if len(again) == len(items):
            raise TryAgain("MongoDB takes none of them now")
        if refused or again:
            raise PartlyTaken(refused, sorted(again))

    def _told(self, error: Exception) -> str:
        """Without the description of the whole cluster that the client adds."""
        text = str(error).partition(", Timeout:")[0].partition(", full error:")[0]
        return self._settings.hide(" ".join(text.split()))[:300] or type(error).__name__

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._client.close()


@contextlib.contextmanager
def _no_option_ignored(settings: SinkSettings) -> Iterator[None]:
    """The client warns of an option that it cannot read, as `tls=maybe`, and goes on without; here that is an error.
    Options that other drivers have are left out."""
    from pymongo import errors

    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            yield
    except (errors.PyMongoError, ValueError, TypeError) as error:
        raise ConfigError(f"mongo: the address cannot be used: {settings.hide(str(error))}") from None
    for warning in told:
        said = settings.hide(str(warning.message))
        if not said.startswith("Unknown option"):
            raise ConfigError(f"mongo: the address cannot be used: {said}")
        log.info("an option of the address is ignored sink=%s: %s", settings.name, said)


def _about_id(problem: Mapping[str, Any]) -> bool:
    pattern = problem.get("keyPattern")
    return "_id" in pattern if isinstance(pattern, Mapping) else "_id_" in str(problem.get("errmsg", "_id_"))


def document(item: Item) -> dict[str, Any]:
    """kube-eventer's fields, which leaves empty ones out, and what it lacks: instance, component, host."""
    event = item.event
    fields = {
        "namespace": event.namespace,
        "kind": event.kind,
        "name": event.name,
        "type": event.level,
        "reason": event.reason,
        "message": event.message,
        "event_id": event.uid,
        "instance": event.instance,
        "component": event.component,
        "hostname": event.hostname,
    }
    return {
        "_id": whole(item.key),
        "count": min(event.count, 2**63 - 1),
        **{name: whole(value) for name, value in fields.items() if value},
        "first_occurrence_time": moment(event.first_time),
        "last_occurrence_time": moment(event.last_time),
    }


def read(rest: str) -> tuple[str, address.Pairs]:
    """`?mongodb://…` as kube-eventer wants it, also without the question mark."""
    url, options = address.split_url(rest.lstrip("?&"))
    if url and not url.startswith(("mongodb://", "mongodb+srv://")):
        raise ConfigError(
            "the address of a MongoDB is mongo:?mongodb://USER:PASSWORD@HOST:PORT/?authSource=admin"
        )
    return url if not url or "/" in url.partition("://")[2] else f"{url}/", options


KIND = Kind(
    name="mongo",
    summary="MongoDB: a document for every change, with kube-eventer's fields.",
    example="mongo:?mongodb://user:PASSWORD@mongo-0.example.com:27017,mongo-1.example.com:27017/?authSource=admin",
    options=(
        Option("database", "the database", text, "k8s"),
        Option("collection", "the collection", text, "event"),
        Option("connect", "of Go's driver", text, ignored=True),
    ),
    open=Mongo,
    passes_on=True,
    modules=("pymongo",),
    extra="mongo",
    batch=1000,
    needs_raw=False,
    url=Url.REQUIRED,
    read=read,
)
