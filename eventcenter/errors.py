"""The product's exceptions. Foreign exceptions are translated into these at the edge that meets them.

EventCenterError
├── ConfigError          a setting is wrong (exit code 2)
├── QuerySyntaxError     a search expression or its SQL is wrong (HTTP 400, points at the place)
├── QueryLimit           a query was stopped
│   ├── QueryTimeout     it took too long (408)
│   ├── QueryTooLarge    it needs more memory than queries may use (422)
│   ├── QueryCancelled   nobody waits for its answer any more (408)
│   └── TooManyQueries   as many as may run are running (429)
├── ConsumerConflict     a named consumer cannot be had (409)
├── NotFoundError        what was asked for is not there (HTTP 404)
├── ConflictError        something else is there already (HTTP 409)
├── MalformedEvent       an object of the watch that no event can be made of
├── StoreError           the data directory cannot be used
│   ├── StoreBusy        another process has it
│   ├── StoreTooNew      a newer program wrote it
│   ├── StoreDamaged     what the file holds is wrong
│   └── StoreUnwritable  the disk is full, read-only or gone
└── ClusterError         the Kubernetes API cannot be used
    ├── ClusterNotConfigured   there is no kubeconfig and no service account
    ├── Forbidden              401 or 403: names the verb and the resource
    └── Gone                   410: the position is too old, list again
"""


class EventCenterError(Exception):
    """Every error that reaches people. `str(error)` is one line; `hint` says what to do."""

    code = "error"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(EventCenterError):
    code = "bad_config"


class QuerySyntaxError(EventCenterError):
    """`at` is the place in the expression, counted in characters from 0; None where there is none."""

    code = "bad_query"

    def __init__(self, message: str, *, hint: str = "", at: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.at = at


class QueryLimit(EventCenterError):
    code = "query_limit"


class QueryTimeout(QueryLimit):
    code = "query_timeout"


class QueryTooLarge(QueryLimit):
    code = "query_too_large"


class QueryCancelled(QueryLimit):
    code = "query_cancelled"


class TooManyQueries(QueryLimit):
    code = "too_many_queries"


class ConsumerConflict(EventCenterError):
    code = "consumer_conflict"


class NotFoundError(EventCenterError):
    code = "not_found"


class ConflictError(EventCenterError):
    code = "conflict"


class MalformedEvent(EventCenterError):
    code = "malformed_event"


class StoreError(EventCenterError):
    code = "store"


class StoreBusy(StoreError):
    code = "store_busy"


class StoreTooNew(StoreError):
    code = "store_too_new"


class StoreDamaged(StoreError):
    """`fault` is how SQLite put it."""

    code = "store_damaged"

    def __init__(self, message: str, *, hint: str = "", fault: str = "") -> None:
        super().__init__(message, hint=hint)
        self.fault = fault


class StoreUnwritable(StoreError):
    code = "store_unwritable"


class ClusterError(EventCenterError):
    code = "cluster"


class ClusterNotConfigured(ClusterError):
    code = "cluster_not_configured"


class Forbidden(ClusterError):
    code = "forbidden"


class Gone(ClusterError):
    code = "gone"
